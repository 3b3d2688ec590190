/** What the workbench asks of the service. */

/** The service refused, or could not be reached; the message is what it said. */
export class RequestError extends Error {
  /**
   * @param {string} message
   * @param {number} status 0: it could not be reached
   * @param {Record<string, any>} [errors] what the problem says besides
   */
  constructor(message, status, errors = {}) {
    super(message);
    this.status = status;
    this.errors = errors;
  }
}

/**
 * @param {string} url
 * @returns {Promise<any>} JSON; rejects with RequestError
 */
export async function load(url) {
  const answer = await fetch(url, { headers: { Accept: "application/json, application/geo+json" } }).catch((error) => {
    throw new RequestError(error.message, 0);
  });
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new RequestError(told.detail ?? answer.statusText, answer.status);
  return told;
}

/**
 * All features of a collection that comes in pages.
 *
 * @param {string} url
 * @returns {Promise<GeoJSON.Feature[]>}
 */
export async function loadFeatures(url) {
  const features = [];
  for (let next = url; next; ) {
    const page = await load(next);
    features.push(...page.features);
    next = page.links?.find((link) => link.rel === "next")?.href;
  }
  return features;
}
