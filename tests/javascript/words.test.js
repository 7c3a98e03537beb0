// The words of scripts are those of the server's pages: shared/web/src/format.rs is held to the same examples.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

const web = new URL('../../shared/web/', import.meta.url);
// Read as a module by its text: the folder it lies in has no package.json that would say what it is.
const source = await readFile(new URL('static/words.js', web), 'utf8');
const words = await import(`data:text/javascript,${encodeURIComponent(source)}`);
const examples = JSON.parse(await readFile(new URL('words.json', web), 'utf8'));

for (const [name, cases] of Object.entries(examples)) {
  test(`pages and scripts say the same: ${name}`, () => {
    const say = words[name.replace(/_./g, part => part[1].toUpperCase())];
    assert.ok(cases.length > 0);
    for (const [given, said] of cases) assert.deepEqual(say(...[given].flat()), said, JSON.stringify(given));
  });
}

test('what takes long is said roughly', () => {
  assert.deepEqual(
    [0, 10, 41, 60, 120, 3299, 3600, 9000].map(words.timeLeft),
    [
      'a few seconds left', 'about 10 seconds left', 'about 45 seconds left', 'about a minute left', 'about 2 minutes left',
      'about 55 minutes left', 'about 1 hour left', 'about 3 hours left',
    ],
  );
});
