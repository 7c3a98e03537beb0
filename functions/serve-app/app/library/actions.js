// The menus of assets and folders.

import { navigate } from '../base/router.js';
import { count } from '../words.js';
import { library } from './library.js';
import { selection } from './selection.js';
import { shareAsset, shareFolder, shareSelection } from './share.js';

/** @import { Entry } from '../base/menu.js' */

/**
 * The menu of an asset; for a selected one it shares the selection.
 * @param {Api.Asset} asset
 * @returns {Entry[]}
 */
export function assetMenu(asset) {
  const ofSelection = selection.has(asset.id) && selection.size > 1;
  return [
    { icon: 'eye', label: 'Open', shortcut: 'Enter', run: () => navigate(`/assets/${asset.id}`) },
    ...(library.mayShare ? [
      { icon: 'check', label: selection.has(asset.id) ? 'Deselect' : 'Select', shortcut: 'Space', run: () => selection.toggle(asset) },
      null,
      ofSelection
        ? { icon: 'share', label: `Share ${count(selection.size, 'asset')}…`, shortcut: 'S', run: shareSelection }
        : { icon: 'share', label: 'Share…', shortcut: 'S', run: () => shareAsset(asset) },
    ] : []),
  ];
}

/**
 * The menu of a folder.
 * @param {Api.Folder} folder
 * @returns {Entry[]}
 */
export function folderMenu(folder) {
  return [
    { icon: 'folder', label: 'Open', run: () => navigate(`/folders/${folder.id}`) },
    ...(library.mayShare ? [null, { icon: 'share', label: 'Share…', run: () => shareFolder(folder) }] : []),
  ];
}
