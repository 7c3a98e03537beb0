// Opens the link dialog for an asset, a folder or the selection.

import { get } from '../base/api.js';
import { facts } from '../base/format.js';
import { openLinkDialog } from '../sharing/link-dialog.js';
import { count } from '../words.js';
import { library } from './library.js';
import { selection } from './selection.js';

/**
 * Shares one asset.
 * @param {Api.Asset} asset
 */
export function shareAsset(asset) {
  return openLinkDialog({
    target: { kind: 'asset', id: asset.id },
    name: asset.name,
    detail: facts(asset),
    pictures: async () => [asset],
  });
}

/**
 * Shares a folder: its own assets and, if chosen, those of its subfolders. The link follows the folder's content.
 * @param {Api.Folder} folder
 */
export function shareFolder(folder) {
  const hasSubfolders = library.children(folder.id).length > 0;
  return openLinkDialog({
    // Without its subfolders, a folder that has no assets of its own would make an empty link.
    target: { kind: 'folder', id: folder.id, include_subfolders: hasSubfolders && folder.asset_count === 0 },
    name: folder.name,
    hasSubfolders,
    pictures: async () => (await get('/api/assets', { in: `folder:${folder.id}`, limit: 4 })).items,
  });
}

/** Shares the selected assets, then deselects them. A single one is shared as an asset. */
export async function shareSelection() {
  const { assets } = selection;
  const [first] = assets;
  if (!first) return;
  const created = assets.length === 1
    ? await shareAsset(first)
    : await openLinkDialog({
      target: { kind: 'selection', assets: assets.map(asset => asset.id) },
      name: `Selection of ${count(assets.length, 'asset')}`,
      detail: nameSome(assets),
      pictures: async () => assets.slice(0, 4),
    });
  if (created) selection.clear();
}

/** @param {Api.Asset[]} assets */
function nameSome(assets) {
  const [first, second, ...rest] = assets.map(asset => asset.name);
  return rest.length ? `${first}, ${second} and ${count(rest.length, 'other')}` : `${first} and ${second}`;
}
