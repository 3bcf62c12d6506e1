/**
 * Model files of web servers and of the Hugging Face Hub.
 *
 * <pre>
 *  HubFile ──┐
 *            ├──► HubClient ──► HttpDownload: resumable, retried, ended if it stalls
 *  WebFile ──┘        └───────► PrivateAddress: redirects into a private network are refused
 * </pre>
 *
 * <p>{@link dev.embark.store.web.HubSettings} holds endpoint, token and offline mode. Errors name
 * the URL without its credentials. Safe for any thread.
 */
package dev.embark.store.web;
