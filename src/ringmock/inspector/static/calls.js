// Not written yet.

import { empty, fill } from "./dom.js";

/** Show it. */
export function mount(main) {
  fill(main, empty("Not here yet"));
}
