/**
 * The shapes the service sends, and the one the widget keeps. Types only.
 *
 * @typedef {"da"|"en"} Language
 * @typedef {"assistant"|"waiting"|"employee"|"callback"|"closed"} ConversationState
 *
 * @typedef {{ topic: string, title: string, url: string, owner?: string, reviewed?: string }} Source
 *
 * @typedef {{ label: string, value?: string, topic?: string, action?: "callback"|"handover", url?: string }} Option
 *
 * @typedef {object} Message
 * @property {number} seq
 * @property {string} [client_id]
 * @property {string} at  ISO time.
 * @property {"citizen"|"assistant"|"employee"|"system"} speaker
 * @property {string} [speaker_name]
 * @property {string} kind
 * @property {string} text
 * @property {string} [language]
 * @property {Source[]} [sources]
 * @property {Option[]} [options]
 * @property {boolean} [local]  Ours until the service's own (masked) copy arrives.
 *
 * @typedef {object} Pending  A message the service has not accepted yet.
 * @property {string} client_id
 * @property {string} text
 * @property {string} at
 * @property {"sending"|"failed"} status
 * @property {string} [reason]  In words, when failed.
 *
 * @typedef {{ name: string, phone: string, phone_link: string, website: string, privacy_notice: string, open: boolean,
 *   hours_text: string, example?: boolean, notices?: {text: string, level: string}[] }} Config
 *
 * @typedef {{ id: string, token: string }} Credentials
 *
 * @typedef {object} State
 * @property {Config|null} config
 * @property {Credentials|null} conversation
 * @property {string|null} resumeCode  Known only to the page that began the conversation.
 * @property {ConversationState} state
 * @property {Message[]} messages  By ``seq``.
 * @property {Pending[]} pending
 * @property {{place?: number, text?: string}|null} waiting
 * @property {boolean} typing  An employee types.
 * @property {"idle"|"online"|"reconnecting"} connection
 * @property {boolean} down  The service did not answer the last call.
 * @property {boolean} backfill  The last messages are history: not to be read aloud.
 * @property {"chat"|"callback"|"resume"|"erase"} view
 * @property {boolean} rated
 * @property {string} said  A short sentence for the status line; gone with the next change of state.
 *
 * @typedef {object} Context
 * @property {import("./texts.js").Texts} t
 * @property {ReturnType<typeof import("./store.js").createStore>} store
 * @property {ReturnType<typeof import("./conversation.js").createConversation>} conversation
 * @property {ReturnType<typeof import("./storage.js").createStorage>} storage
 * @property {boolean} page  Shown inside a page, not over it.
 * @property {string} base  What the service's relative addresses are relative to.
 * @property {() => void} open
 * @property {() => void} close
 * @property {(text: string) => void} alert  Say that something went wrong.
 * @property {(text: string) => void} ask  Send as the citizen.
 * @property {() => void} focusComposer
 * @property {() => void} focusLog
 * @property {(language: "da"|"en") => void} switchLanguage
 *
 * @typedef {object} View
 * @property {HTMLElement} element
 * @property {(state: State) => void} update
 */
export {};
