// The life of a page with a list beside what is chosen of it.

/**
 * What a page module exports. `begin(main, params, app)` builds the page and gives its state, of which `windows` names
 * the live windows; `load` fills its list, `show(params)` shows what is chosen, `happened(data)` takes live events,
 * `end` forgets the state. `keys` are under `title` in the help.
 */
export function beside({ title, keys, windows = ["thread"], begin, load, show, happened, end }) {
  let state = null;
  return {
    async mount(main, params, app) {
      const mine = (state = begin(main, params, app));
      app.onLive(happened);
      app.addKeys(title, keys);
      await load();
      // Somebody may have gone on meanwhile.
      if (state === mine) await show(mine.asked ?? params);
    },
    async update(params) {
      state.asked = params;
      await show(params);
    },
    unmount() {
      for (const name of windows) state?.[name]?.end();
      state = null;
      end();
    },
  };
}
