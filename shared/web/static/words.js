// Numbers, sizes, counts and names in words, for recipients' pages and the app. src/format.rs writes the same texts on
// the server; the examples in words.json test both.

/**
 * A whole number with separated thousands: `2,400`.
 * @param {number} value
 */
export function number(value) {
  return value.toLocaleString('en');
}

/**
 * A count with its noun: `1 asset`, `2,400 assets`.
 * @param {number} value
 * @param {string} one
 * @param {string} [many]
 */
export function count(value, one, many = `${one}s`) {
  return `${number(value)} ${value === 1 ? one : many}`;
}

/**
 * A size in decimal units: `640 KB`, `5.9 MB`.
 * @param {number} size in bytes
 */
export function bytes(size) {
  if (size < 1000) return count(size, 'byte');
  let value = size / 1000;
  for (const unit of ['KB', 'MB', 'GB', 'TB']) {
    // A value that would round to 1000 is written in the next unit.
    if (value < 999.5) {
      const scale = unit !== 'KB' && value < 99.95 ? 10 : 1;
      return `${Math.round(value * scale) / scale} ${unit}`;
    }
    value /= 1000;
  }
  return `${Math.round(value * 10) / 10} PB`;
}

/**
 * Pixel width × height: `6000 × 4000`.
 * @param {number} width
 * @param {number} height
 */
export function dimensions(width, height) {
  return `${width} × ${height}`;
}

/**
 * The length of a sound or video as players write it: `0:07`, `4:05`, `1:02:03`.
 * @param {number} milliseconds
 */
export function duration(milliseconds) {
  const all = Math.ceil(milliseconds / 1000);
  const [hours, minutes, seconds] = [Math.floor(all / 3600), Math.floor(all / 60) % 60, all % 60];
  const two = (/** @type {number} */ value) => String(value).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
}

const FILE_TYPES = new Map([['', 'File'], ['jpg', 'JPEG'], ['jpe', 'JPEG'], ['jfif', 'JPEG'], ['tif', 'TIFF'], ['webp', 'WebP']]);

/**
 * A file type as people write it, from its stored extension: `jpg` is `JPEG`.
 * @param {string} extension
 */
export function fileType(extension) {
  return FILE_TYPES.get(extension.toLowerCase()) ?? extension.toUpperCase();
}

/**
 * A file name split into stem and extension with its dot, so that a page can shorten the stem alone.
 * @param {string} name
 * @returns {[stem: string, extension: string]}
 */
export function splitName(name) {
  const dot = name.lastIndexOf('.');
  const isShort = dot > 0 && [...name.slice(dot)].length <= 12;
  return isShort ? [name.slice(0, dot), name.slice(dot)] : [name, ''];
}

/**
 * The remaining time, rounded.
 * @param {number} seconds
 */
export function timeLeft(seconds) {
  if (seconds < 10) return 'a few seconds left';
  if (seconds < 55) return `about ${Math.ceil(seconds / 5) * 5} seconds left`;
  if (seconds < 90) return 'about a minute left';
  if (seconds < 3300) return `about ${Math.round(seconds / 60)} minutes left`;
  return `about ${count(Math.round(seconds / 3600), 'hour')} left`;
}
