// Further parts of the page of a world, which other modules add: snapshots, exports.

/**
 * Each is `{ key, title, mount(node, app), onLive(data) }`: `mount` fills the node once, and may return a promise;
 * `onLive`, which may be left out, has what the stream tells. A module adds its own where world.js imports it.
 */
export const PARTS = [];
