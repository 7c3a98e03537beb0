// Where sharing starts: an asset, a folder, or what is selected.

import { get } from './api.js';
import { count, facts } from './format.js';
import { library } from './library.js';
import { openLinkDialog } from './link-dialog.js';
import { selection } from './selection.js';

/** Shares one asset. */
export function shareAsset(asset) {
  return openLinkDialog({
    target: { kind: 'asset', id: asset.id },
    name: asset.name,
    detail: facts(asset),
    pictures: async () => [asset],
  });
}

/** Shares a folder's own assets, or on request its subfolders' too, whatever they are at the time someone looks. */
export function shareFolder(folder) {
  const hasSubfolders = library.children(folder.id).length > 0;
  return openLinkDialog({
    // A folder that only holds folders is worth sharing with these alone.
    target: { kind: 'folder', id: folder.id, include_subfolders: hasSubfolders && folder.asset_count === 0 },
    name: folder.name,
    hasSubfolders,
    pictures: async () => (await get('/api/assets', { in: `folder:${folder.id}`, limit: 4 })).items,
  });
}

/** Shares the selected assets; once the link exists they are let go. One asset alone is shared as itself. */
export async function shareSelection() {
  const { assets } = selection;
  if (assets.length === 0) return;
  const created = assets.length === 1
    ? await shareAsset(assets[0])
    : await openLinkDialog({
      target: { kind: 'selection', assets: assets.map(asset => asset.id) },
      name: `Selection of ${count(assets.length, 'asset')}`,
      detail: nameSome(assets),
      pictures: async () => assets.slice(0, 4),
    });
  if (created) selection.clear();
}

function nameSome(assets) {
  const [first, second, ...rest] = assets;
  return rest.length ? `${first.name}, ${second.name} and ${count(rest.length, 'other')}` : `${first.name} and ${second.name}`;
}
