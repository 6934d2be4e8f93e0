/** Logging in and out, and what happens when the session ends by itself. */

import { clear, load, save } from "./storage.js";
import { emptyState } from "./store.js";

/** @typedef {import("./types.js").Employee} Employee */

/**
 * @param {object} parts
 * @param {import("./store.js").Store} parts.store
 * @param {import("./api.js").Api} parts.api
 * @param {import("./drafts.js").Drafts} parts.drafts
 * @param {() => void} parts.onStart  logged in, also again
 * @param {() => void} parts.onEnd    logged out
 */
export function createSession({ store, api, drafts, onStart, onEnd }) {
  /** @param {string} token @param {Employee} employee @param {any} status */
  async function begin(token, employee, status) {
    const before = store.get().employee ?? load("employee");
    if (before && before.id !== employee.id) forget();
    save("token", token);
    save("presence", status);
    save("employee", { id: employee.id, username: employee.username });
    store.set({ token, employee, expired: false, presence: status });
    store.set({ teams: teamsOf(await api.me().catch(() => null)) });
    onStart();
  }

  function forget() {
    const { outgoing: _, ...rest } = emptyState();
    drafts.clear();
    clear();
    store.set({ ...rest, outgoing: {} });
  }

  return {
    /** @param {string} username @param {string} password */
    async logIn(username, password) {
      const { token, employee } = await api.logIn(username, password);
      // A supervisor comes to look; an employee comes to answer.
      const usual = employee.role === "supervisor" ? "paused" : "available";
      await begin(token, employee, load("presence", usual));
    },

    /** Go on with the session of this tab, if it has one. */
    async resume() {
      const token = load("token");
      if (!token) return;
      store.set({ token });
      try {
        const me = await api.me();
        const employee = me.employee ?? me;
        store.set({ employee, teams: teamsOf(me), presence: load("presence", me.status ?? "paused") });
        onStart();
      } catch (error) {
        const { status } = /** @type {import("./api.js").ApiError} */ (error);
        store.set({ token: null, expired: false });
        if (status === 0 || status >= 500) throw error;
        save("token", null);
      }
    },

    async logOut() {
      await api.presence("offline").catch(() => {});
      await api.logOut().catch(() => {});
      onEnd();
      forget();
    },

    /** The service no longer accepts the token: ask for a new log-in and leave all else as it is. @param {string} [refused] the token it refused */
    expire(refused) {
      const { token, employee } = store.get();
      if (!token || (refused && refused !== token)) return;
      save("token", null);
      store.set({ token: null, expired: employee !== null, connection: "lost" });
    },

    /** @param {"available"|"paused"} status */
    async setPresence(status) {
      const before = store.get().presence;
      store.set({ presence: status });
      save("presence", status);
      try {
        await api.presence(status);
      } catch (error) {
        store.set({ presence: before });
        save("presence", before);
        throw error;
      }
    },
  };
}

/** The municipality's teams, as `/me` gives them. @param {any} me @returns {import("./types.js").Team[]} */
function teamsOf(me) {
  const candidates = [me?.teams_config, me?.all_teams, me?.teams];
  const isTeam = (/** @type {any} */ team) => typeof team === "object" && team !== null && "slug" in team;
  return candidates.find((list) => Array.isArray(list) && list.some(isTeam)) ?? [];
}

/** @typedef {ReturnType<typeof createSession>} Session */
