// Further parts of the page of a world, which other modules make.

import { carrier } from "./carrier.js";
import { exports } from "./exports.js";
import { history } from "./history.js";

/**
 * Each is `{ key, title, mount(node, app), onLive(data) }`: `mount` fills the node once, and may return a promise;
 * `onLive`, which may be left out, has what the stream tells.
 */
export const PARTS = [history, exports, carrier];
