/** The service's desk API over HTTP. */

const TIMEOUT_MS = 15_000;

/** A call that was refused, or never arrived (`status` 0). `message` is Danish and may be shown. */
export class ApiError extends Error {
  /** @param {number} status @param {string} code @param {string} message @param {number} retryAfter seconds */
  constructor(status, code, message, retryAfter = 0) {
    super(message);
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
  }

  /** Whether the same call may succeed later. */
  get isPassing() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/**
 * @param {{base?: string, token: () => string|null, onExpired: (token: string) => void}} settings
 */
export function createApi({ base = "/api/v1", token, onExpired }) {
  /** @param {string} method @param {string} path @param {any} [body] @returns {Promise<any>} */
  async function call(method, path, body) {
    const used = token();
    const response = await fetch(base + path, {
      method,
      headers: {
        ...(used ? { Authorization: `Bearer ${used}` } : {}),
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
      cache: "no-store",
    }).catch(() => {
      throw new ApiError(0, "unreachable", "Der er ingen forbindelse til Klara.");
    });
    if (response.ok) return response.status === 204 ? null : response.json();
    if (response.status === 401 && used) onExpired(used);
    const problem = await response.json().catch(() => ({}));
    throw new ApiError(
      response.status,
      problem.code ?? "error",
      problem.message ?? "Der skete en fejl. Prøv igen.",
      Number(response.headers.get("Retry-After")) || 0,
    );
  }

  const id = encodeURIComponent;
  return {
    /** @param {string} username @param {string} password */
    logIn: (username, password) => call("POST", "/desk/sessions", { username, password }),
    logOut: () => call("DELETE", "/desk/sessions"),
    me: () => call("GET", "/desk/me"),
    /** @param {string} status */
    presence: (status) => call("PUT", "/desk/presence", { status }),
    /** @param {string} state @returns {Promise<import("./types.js").Handover[]>} */
    handovers: async (state) => (await call("GET", `/desk/handovers?state=${state}`)).handovers,
    /** @param {string} handover */
    claim: (handover) => call("POST", `/desk/handovers/${id(handover)}/claim`),
    /** @param {string} handover @param {{team?: string, employee?: string, note: string}} to */
    transfer: (handover, to) => call("POST", `/desk/handovers/${id(handover)}/transfer`, to),
    /** @param {string} handover */
    giveBack: (handover) => call("POST", `/desk/handovers/${id(handover)}/return`, {}),
    /** @param {string} handover @param {string} outcome @param {string} note */
    close: (handover, outcome, note) =>
      call("POST", `/desk/handovers/${id(handover)}/close`, note ? { outcome, note } : { outcome }),
    /** @param {string} conversation @returns {Promise<import("./types.js").Detail>} */
    conversation: (conversation) => call("GET", `/desk/conversations/${id(conversation)}`),
    /** @param {string} conversation @param {{client_id: string, text: string, sources: import("./types.js").Source[]}} message */
    send: (conversation, message) => call("POST", `/desk/conversations/${id(conversation)}/messages`, message),
    /** @param {string} conversation @param {string} text */
    note: (conversation, text) => call("POST", `/desk/conversations/${id(conversation)}/notes`, { text }),
    overview: () => call("GET", "/desk/overview"),
    /** @param {{query: string, k: number, language?: string, audience?: string}} query @returns {Promise<import("./types.js").Found[]>} */
    search: async (query) => (await call("POST", "/knowledge/search", query)).results,
  };
}

/** @typedef {ReturnType<typeof createApi>} Api */
