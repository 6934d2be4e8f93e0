/** The desk's socket: heartbeat while it is open, backoff while it is not. */

const HEARTBEAT_MS = 20_000;
const SETTLED_MS = 5_000;
const LONGEST_WAIT_MS = 30_000;
const NOT_ACCEPTED = 4401;

/** How long to wait before the nth attempt, with some chance in it so that all desks do not come at once. @param {number} attempt @param {() => number} [random] */
export const backoff = (attempt, random = Math.random) =>
  Math.min(LONGEST_WAIT_MS, 500 * 2 ** attempt) * (0.5 + random() / 2);

/**
 * @param {object} settings
 * @param {string} settings.path
 * @param {(frame: any) => void} settings.onFrame
 * @param {() => void} settings.onOpen     every time, also after a break: fetch what was missed
 * @param {() => void} settings.onLost
 * @param {() => void} settings.onExpired  the token is not accepted any more
 */
export function createLive({ path, onFrame, onOpen, onLost, onExpired }) {
  /** @type {WebSocket|null} */
  let socket = null;
  /** @type {string|null} */
  let token = null;
  let attempt = 0;
  let retry = 0;
  let heartbeat = 0;
  let settled = 0;

  /** @param {object} frame */
  const send = (frame) => {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame));
  };

  function connect() {
    clearTimeout(retry);
    if (!token) return;
    const url = new URL(path, location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const current = new WebSocket(url);
    socket = current;
    current.addEventListener("open", () => {
      send({ type: "hello", token });
      heartbeat = window.setInterval(() => send({ type: "heartbeat" }), HEARTBEAT_MS);
      settled = window.setTimeout(() => (attempt = 0), SETTLED_MS);
      onOpen();
    });
    current.addEventListener("message", (event) => {
      const frame = JSON.parse(event.data);
      if (frame.type === "ping") send({ type: "pong" });
      else onFrame(frame);
    });
    current.addEventListener("close", (event) => {
      if (socket !== current) return;
      stopTimers();
      socket = null;
      if (event.code === NOT_ACCEPTED) {
        token = null;
        onExpired();
        return;
      }
      onLost();
      if (token) retry = window.setTimeout(connect, backoff(attempt++));
    });
  }

  function stopTimers() {
    clearInterval(heartbeat);
    clearTimeout(settled);
    clearTimeout(retry);
  }

  // A machine that comes back from sleep or finds its network again does not wait for its turn.
  window.addEventListener("online", () => {
    if (token && !socket) connect();
  });

  return {
    /** @param {string} newToken */
    start(newToken) {
      token = newToken;
      attempt = 0;
      const before = socket;
      socket = null;
      stopTimers();
      before?.close();
      connect();
    },
    stop() {
      token = null;
      stopTimers();
      const before = socket;
      socket = null;
      before?.close();
    },
    /** @param {string} conversationId */
    typing: (conversationId) => send({ type: "typing", conversation_id: conversationId }),
  };
}

/** @typedef {ReturnType<typeof createLive>} Live */
