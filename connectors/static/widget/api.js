/**
 * Klara's citizen API over HTTP. Every failure is an ``ApiError``; ``status`` 0 means that no answer came.
 *
 * @typedef {import("./types.js").Credentials} Credentials
 */

const TIMEOUT = 15_000; // ms
const VERSION = "/api/v1";
const UNKNOWN = "error"; // the code of a refusal that is not the service's own

export class ApiError extends Error {
  /**
   * @param {number} status
   * @param {string} code
   * @param {string} message  May be shown.
   * @param {number} [retryAfter]  Seconds.
   */
  constructor(status, code, message, retryAfter = 0) {
    super(message);
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

/**
 * Whether the service says that this conversation is not there (any more). Another 404 comes from somewhere on the way.
 *
 * @param {any} error
 */
export function isGone(error) {
  return error?.status === 401 || (error?.status === 404 && error.code !== UNKNOWN);
}

/**
 * Whether the service cannot answer anyone at the moment.
 *
 * @param {unknown} error
 */
export function isDown(error) {
  return error instanceof ApiError && (error.status === 0 || error.status >= 500);
}

/**
 * The address that every call begins with.
 *
 * @param {string|null} api  The attribute: the service's host or the whole base; empty for the script's own host.
 * @param {string} script  Where this script came from.
 * @param {string} page  Where it is used.
 * @returns {string}
 */
export function apiBase(api, script, page) {
  const url = api ? new URL(api, page) : new URL("/", script);
  const path = url.pathname.replace(/\/+$/u, "");
  return url.origin + (/\/api\/v\d+$/u.test(path) ? path : path + VERSION);
}

/**
 * @param {Response} response
 * @returns {Promise<ApiError>}
 */
async function readError(response) {
  const body = await response.json().catch(() => ({}));
  const wait = Number(response.headers.get("Retry-After"));
  return new ApiError(response.status, body?.code ?? UNKNOWN, typeof body?.message === "string" ? body.message : "",
    Number.isFinite(wait) ? wait : 0);
}

/**
 * @param {string} base
 * @param {typeof fetch} [fetcher]
 */
export function createApi(base, fetcher = (...args) => fetch(...args)) {
  /**
   * @param {string} method
   * @param {string} path
   * @param {{token?: string, body?: object, timeout?: number, cache?: RequestCache, signal?: AbortSignal}} [options]
   * @returns {Promise<Response>}
   */
  async function call(method, path, { token, body, timeout = TIMEOUT, cache, signal } = {}) {
    const headers = new Headers();
    if (token) headers.set("Authorization", `Bearer ${token}`);
    if (body) headers.set("Content-Type", "application/json");
    let response;
    try {
      response = await fetcher(base + path, {
        method, headers, cache, credentials: "omit", referrerPolicy: "no-referrer",
        body: body ? JSON.stringify(body) : undefined,
        signal: signal ?? AbortSignal.timeout(timeout),
      });
    } catch (error) {
      throw new ApiError(0, "network", String(error));
    }
    if (!response.ok) throw await readError(response);
    return response;
  }
  const json = async (/** @type {Promise<Response>} */ response) => (await response).json();
  const at = (/** @type {Credentials} */ { id }, path = "") => `/conversations/${encodeURIComponent(id)}${path}`;

  return {
    base,
    /** What to say of the municipality; the browser's own copy of last time when the service is down. */
    async config(/** @type {string} */ language) {
      const path = `/config?language=${language}`;
      try {
        return await json(call("GET", path, { timeout: 6_000 }));
      } catch (error) {
        const known = await json(call("GET", path, { cache: "force-cache", timeout: 2_000 })).catch(() => null);
        return { ...known, down: true };
      }
    },
    start: (/** @type {object} */ body) => json(call("POST", "/conversations", { body })),
    resume: (/** @type {string} */ code) => json(call("POST", "/resume", { body: { resume_code: code } })),
    messages: (/** @type {Credentials} */ who, /** @type {number} */ after) =>
      json(call("GET", at(who, `/messages?after=${after}`), { token: who.token })),
    send: (/** @type {Credentials} */ who, /** @type {{client_id: string, text: string}} */ body) =>
      json(call("POST", at(who, "/messages?wait=10"), { token: who.token, body, timeout: 25_000 })),
    handover: (/** @type {Credentials} */ who, /** @type {object} */ body) =>
      json(call("POST", at(who, "/handover"), { token: who.token, body })),
    stopWaiting: (/** @type {Credentials} */ who) => call("DELETE", at(who, "/handover"), { token: who.token }),
    callback: (/** @type {Credentials} */ who, /** @type {object} */ body) =>
      json(call("POST", at(who, "/callback"), { token: who.token, body })),
    feedback: (/** @type {Credentials} */ who, /** @type {object} */ body) =>
      call("POST", at(who, "/feedback"), { token: who.token, body }),
    close: (/** @type {Credentials} */ who) => json(call("POST", at(who, "/close"), { token: who.token, body: {} })),
    erase: (/** @type {Credentials} */ who) => call("DELETE", at(who), { token: who.token }),
    transcript: async (/** @type {Credentials} */ who, /** @type {"html"|"text"} */ format) =>
      (await call("GET", at(who, `/transcript?format=${format}`), { token: who.token })).blob(),
    /** The stream of events, as long as ``signal`` lets it run. */
    events: (/** @type {Credentials} */ who, /** @type {number} */ after, /** @type {AbortSignal} */ signal) =>
      call("GET", at(who, `/events?after=${after}`), { token: who.token, signal }),
    liveUrl: (/** @type {Credentials} */ who) => base.replace(/^http/u, "ws") + at(who, "/live"),
  };
}
