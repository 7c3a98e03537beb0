// Keyboard control of the gallery: moving, selecting, sharing.

import { sourceOf } from '../base/dom.js';
import { isPlain, onKey } from '../base/keys.js';
import { library } from './library.js';
import { selection } from './selection.js';
import { shareAsset, shareFolder, shareSelection } from './share.js';

/** @import { Grid } from './grid.js' */

/**
 * Handles the keys of a gallery while its grid is on the page.
 * @param {Grid} grid
 * @param {Api.Folder | null} folder the folder that the gallery shows
 * @param {AbortSignal} signal
 */
export function handleGridKeys(grid, folder, signal) {
  onKey(event => {
    if (!grid.element.isConnected) return;
    if (event.key === 'Escape') {
      selection.clear();
    } else if (event.key.toLowerCase() === 'a' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      if (library.mayShare) selection.addAll(grid.assets);
    } else if (isPlain(event)) {
      handlePlainKey(event, grid, folder);
    }
  }, signal);
}

/**
 * @param {KeyboardEvent} event
 * @param {Grid} grid
 * @param {Api.Folder | null} folder
 */
function handlePlainKey(event, grid, folder) {
  const onTile = grid.tileOf(event);
  const columns = getComputedStyle(grid.element).gridTemplateColumns.split(' ').length;
  const by = new Map([['ArrowLeft', -1], ['ArrowRight', 1], ['ArrowUp', -columns], ['ArrowDown', columns]]).get(event.key);
  if (by !== undefined && grid.tiles.length && (onTile || !sourceOf(event).closest('a, button, input'))) {
    event.preventDefault();
    step(grid, onTile ? by : 0, event.shiftKey);
  } else if (event.key === ' ' && onTile && event.target === onTile.anchor && library.mayShare) {
    event.preventDefault();
    selection.toggle(onTile.asset);
  } else if (event.key.toLowerCase() === 's' && library.mayShare) {
    event.preventDefault();
    if (selection.size) shareSelection();
    else if (onTile) shareAsset(onTile.asset);
    else if (folder) shareFolder(folder);
  }
}

/**
 * Moves from the current tile; `isExtending` selects all tiles passed.
 * @param {Grid} grid
 * @param {number} by
 * @param {boolean} isExtending
 */
function step(grid, by, isExtending) {
  const { current, tiles } = grid;
  const tile = current && tiles[tiles.indexOf(current) + by];
  if (!tile) return;
  if (isExtending && library.mayShare) {
    selection.startAt(current.asset);
    selection.extendTo(tile.asset, grid.assets);
  }
  grid.makeCurrent(tile, { focus: true });
}
