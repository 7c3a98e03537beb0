// Scripts write the same words as the server's pages: shared/web/src/format.rs is tested with the same examples.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

const web = new URL('../../shared/web/', import.meta.url);
// Imported as a data URL, because its folder has no package.json that declares it a module.
const source = await readFile(new URL('static/words.js', web), 'utf8');
const words = await import(`data:text/javascript,${encodeURIComponent(source)}`);
const examples = JSON.parse(await readFile(new URL('words.json', web), 'utf8'));

for (const [name, cases] of Object.entries(examples)) {
  test(`pages and scripts write the same words: ${name}`, () => {
    const write = words[name.replace(/_./g, part => part[1].toUpperCase())];
    assert.ok(cases.length > 0);
    for (const [input, text] of cases) assert.deepEqual(write(...[input].flat()), text, JSON.stringify(input));
  });
}

test('a remaining time is rounded', () => {
  assert.deepEqual(
    [0, 10, 41, 60, 120, 3299, 3600, 9000].map(words.timeLeft),
    [
      'a few seconds left', 'about 10 seconds left', 'about 45 seconds left', 'about a minute left', 'about 2 minutes left',
      'about 55 minutes left', 'about 1 hour left', 'about 3 hours left',
    ],
  );
});
