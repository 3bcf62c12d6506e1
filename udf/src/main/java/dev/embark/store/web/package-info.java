/**
 * Model files and model folders on the Hugging Face Hub, and model files on other web servers.
 *
 * <pre>
 *  HubRepository: a model folder, or its only GGUF file
 *  HubFile ──┐
 *            ├──► HubClient ──► HttpDownload: resumable, retried, ended if it stalls
 *  WebFile ──┘        ├───────► Proxies: of the environment or the JVM
 *                     ├───────► PrivateAddress: redirects into a private network are refused
 *                     └───────► HubReplies, Unreachable: failures as sentences
 * </pre>
 *
 * <p>{@link dev.embark.store.web.HubSettings} holds the endpoint, the token and the proxies. Errors
 * name the URL without its credentials. Safe for any thread.
 */
package dev.embark.store.web;
