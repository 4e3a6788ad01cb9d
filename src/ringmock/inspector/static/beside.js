// The life of a page with a list beside what is chosen of it.

/**
 * What a page module exports. `begin(main, params, app)` builds the page and its state, which the module keeps and
 * `current()` gives; `windows` names the live windows of it. `load` fills its list, `show(params)` shows what is
 * chosen, `happened(data)` takes live events, `end` forgets the state. `keys` are under `title` in the help.
 */
export function beside({ title, keys, windows = ["thread"], begin, current, load, show, happened, end }) {
  return {
    async mount(main, params, app) {
      begin(main, params, app);
      const mine = current();
      app.onLive(happened);
      app.addKeys(title, keys);
      await load();
      // Somebody may have gone on meanwhile.
      if (current() === mine) await show(mine.asked ?? params);
    },
    async update(params) {
      current().asked = params;
      await show(params);
    },
    unmount() {
      for (const name of windows) current()?.[name]?.end();
      end();
    },
  };
}
