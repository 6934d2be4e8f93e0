/** The one place the desk's state is kept. */

/** @returns {import("./types.js").State} */
export const emptyState = () => ({
  token: null,
  employee: null,
  expired: false,
  teams: [],
  presence: "paused",
  connection: "connecting",
  list: "waiting",
  lists: { waiting: [], active: [], callback: [], closed: [] },
  loaded: false,
  selected: null,
  details: {},
  outgoing: {},
  read: {},
  typing: {},
  overview: null,
  pane: "list",
});

/**
 * @template {object} S
 * @param {S} initial
 */
export function createStore(initial) {
  let state = initial;
  let queued = false;
  /** @type {Set<(state: S) => void>} */
  const listeners = new Set();

  const tell = () => {
    queued = false;
    for (const listener of listeners) listener(state);
  };

  return {
    /** The state now. Never changed in place. */
    get: () => state,

    /** Change some fields; the watchers run once, after the present work. @param {Partial<S>} patch */
    set(patch) {
      state = { ...state, ...patch };
      if (!queued) {
        queued = true;
        queueMicrotask(tell);
      }
    },

    /**
     * Run `run` now and whenever one of the picked values is another than before.
     *
     * @param {(state: S) => unknown[]} pick
     * @param {(state: S) => void} run
     */
    watch(pick, run) {
      let seen = pick(state);
      run(state);
      listeners.add((next) => {
        const values = pick(next);
        if (values.every((value, place) => Object.is(value, seen[place]))) return;
        seen = values;
        run(next);
      });
    },
  };
}

/** @typedef {ReturnType<typeof createStore<import("./types.js").State>>} Store */
