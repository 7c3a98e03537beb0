// What can be done with assets and folders, as entries of a menu.

import { navigate } from '../base/router.js';
import { count } from '../words.js';
import { library } from './library.js';
import { selection } from './selection.js';
import { shareAsset, shareFolder, shareSelection } from './share.js';

/** @import { Entry } from '../base/menu.js' */

/**
 * What can be done with an asset; on a selected one, with the selection.
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
 * What can be done with a folder.
 * @param {Api.Folder} folder
 * @returns {Entry[]}
 */
export function folderMenu(folder) {
  return [
    { icon: 'folder', label: 'Open', run: () => navigate(`/folders/${folder.id}`) },
    ...(library.mayShare ? [null, { icon: 'share', label: 'Share…', run: () => shareFolder(folder) }] : []),
  ];
}
