// Where sharing starts: an asset, a folder, or what is selected.

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
 * Shares a folder's own assets, and on request those of its subfolders, as they are when somebody opens the link.
 * @param {Api.Folder} folder
 */
export function shareFolder(folder) {
  const hasSubfolders = library.children(folder.id).length > 0;
  return openLinkDialog({
    // A folder without assets of its own would make an empty link.
    target: { kind: 'folder', id: folder.id, include_subfolders: hasSubfolders && folder.asset_count === 0 },
    name: folder.name,
    hasSubfolders,
    pictures: async () => (await get('/api/assets', { in: `folder:${folder.id}`, limit: 4 })).items,
  });
}

/** Shares the selected assets, and deselects them once the link exists. One asset alone is shared as an asset. */
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
