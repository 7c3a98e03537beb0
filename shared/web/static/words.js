// Sizes, counts and waits in words, as the server's pages say them.

/** Bytes in decimal units: "640 KB", "5.9 MB". */
export function size(bytes) {
  if (bytes < 1000) return count(bytes, "byte", "bytes");
  let value = bytes / 1000;
  for (const unit of ["KB", "MB", "GB", "TB"]) {
    if (value < 999.5) {
      const text = value.toFixed(unit !== "KB" && value < 99.95 ? 1 : 0);
      return `${text.replace(/\.0$/, "")} ${unit}`;
    }
    value /= 1000;
  }
  return `${value.toFixed(1)} PB`;
}

/** A count with its noun: "1 asset", "2,400 assets". */
export function count(value, one, many) {
  return `${value.toLocaleString("en")} ${value === 1 ? one : many}`;
}

/** About how long something still takes. */
export function left(seconds) {
  if (seconds < 10) return "a few seconds left";
  if (seconds < 55) return `about ${Math.ceil(seconds / 5) * 5} seconds left`;
  if (seconds < 90) return "about a minute left";
  if (seconds < 3300) return `about ${Math.round(seconds / 60)} minutes left`;
  return `about ${count(Math.round(seconds / 3600), "hour", "hours")} left`;
}
