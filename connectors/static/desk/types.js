/**
 * The nouns of the desk, as its API gives them. Types only; nothing here runs.
 *
 * @typedef {{id: string, username: string, name: string, role: "employee"|"supervisor"|"editor", teams: string[]}} Employee
 * @typedef {{slug: string, name: string}} Team
 * @typedef {{topic: string, title?: string, url?: string, owner?: string, reviewed?: string}} Source
 * @typedef {{topic: string, title?: string, confidence?: number}} Topic
 * @typedef {{name?: string, phone?: string, email?: string, when?: string, question?: string}} Contact
 *
 * @typedef {object} Message
 * @property {number} seq
 * @property {string} at                    ISO time
 * @property {"citizen"|"assistant"|"employee"|"system"} speaker
 * @property {string} kind
 * @property {string} text                  simple Markdown
 * @property {string} language
 * @property {string} [client_id]
 * @property {string} [speaker_name]
 * @property {Source[]} [sources]
 * @property {{label: string, value?: string, url?: string}[]} [options]
 *
 * @typedef {object} Handover
 * @property {string} id
 * @property {string} receipt
 * @property {string} conversation_id
 * @property {string} created_at
 * @property {"waiting"|"active"|"callback"|"closed"} state
 * @property {string} reason
 * @property {string} urgency               normal | high
 * @property {string} team
 * @property {string} [team_name]
 * @property {string} language
 * @property {string} [question]
 * @property {Topic[]} [topics]
 * @property {{id: string, name: string}|null} [employee]
 * @property {Contact|null} [contact]
 * @property {string|null} [promised_by]
 * @property {string|null} [outcome]
 * @property {number} [waiting_seconds]     as of the moment it was fetched
 * @property {number} [since]               when the wait began by this machine's clock, ms; set by the desk
 *
 * @typedef {object} Detail                 everything the desk knows of one conversation
 * @property {{id: string, state: string, language: string, created_at: string}} conversation
 * @property {Handover} handover
 * @property {Record<string, any>} packet
 * @property {Message[]} messages
 * @property {{employee_name: string, at: string, text: string}[]} notes
 *
 * @typedef {{client_id: string, text: string, sources: Source[], status: "sending"|"failed", problem?: string}} Outgoing
 * @typedef {{text: string, sources: Source[]}} Draft
 * @typedef {{topic: string, title: string, score: number, passage: any, article_url?: string}} Found
 *
 * @typedef {"waiting"|"active"|"callback"|"closed"} ListName
 *
 * @typedef {object} State
 * @property {string|null} token
 * @property {Employee|null} employee
 * @property {boolean} expired              the session ended while the desk was open
 * @property {Team[]} teams
 * @property {"available"|"paused"|"offline"} presence
 * @property {"connecting"|"online"|"lost"} connection
 * @property {ListName|"overview"} list
 * @property {Record<ListName, Handover[]>} lists
 * @property {boolean} loaded               the lists were fetched at least once
 * @property {Handover|null} selected
 * @property {Record<string, Detail>} details      by conversation
 * @property {Record<string, Outgoing[]>} outgoing by conversation
 * @property {Record<string, number>} read         last seq seen, by conversation
 * @property {Record<string, number>} typing       until when the citizen types (ms), by conversation
 * @property {Record<string, any>|null} overview
 * @property {"list"|"conversation"|"packet"} pane the column shown where there is room for one only
 */
export {};
