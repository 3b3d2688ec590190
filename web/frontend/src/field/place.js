/** Where this phone is: asked for once, then followed; and told in words. */
import { gettext } from "../words.js";
import { gridsAt, toBorder } from "./ground.js";
import { distance } from "./names.js";

/**
 * Follow the phone.
 *
 * @param {(me: {at: [number, number], accuracy: number}) => void} heard
 * @param {() => void} failed
 */
export function follow(heard, failed) {
  if (!navigator.geolocation) return failed();
  navigator.geolocation.watchPosition(
    ({ coords }) => heard({ at: [coords.longitude, coords.latitude], accuracy: coords.accuracy }),
    failed,
    { enableHighAccuracy: true, maximumAge: 10_000, timeout: 30_000 },
  );
}

/** Whether the person has allowed it before, so that nobody is asked on arriving. */
export async function isAllowed() {
  const state = await navigator.permissions?.query({ name: "geolocation" }).catch(() => null);
  return state?.state === "granted";
}

/** Say in which grid a place is, of the own ones and those around them. */
export function sayWhere(own, around, at) {
  const [found] = gridsAt([...own, ...around], at, 0);
  if (found && own.some((one) => one.code === found.grid.code)) {
    return { inside: true, text: gettext("You are in your grid %(code)s, %(far)s from its border", { code: found.grid.code, far: distance(found.border) }) };
  }
  const away = distance(Math.min(...own.map((one) => toBorder(one.geometry, at))));
  return found
    ? { inside: false, text: gettext("Outside, in grid %(code)s; %(far)s from yours", { code: found.grid.code, far: away }) }
    : { inside: false, text: gettext("Outside; %(far)s from your grid", { far: away }) };
}
