/** Nobody is logged in here: nothing of anyone's grids may stay on this device. */
import { forgetElsewhere } from "./field/kept.js";

forgetElsewhere().finally(() => {
  document.body.dataset.forgotten = "";
});
