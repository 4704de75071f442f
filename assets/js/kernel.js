// What a kernel's widget manager gets: everything, for there is nothing beside it to load later.
import { lenet } from "./explorers/lenet.js";
import { EXPLORERS, render } from "./index.js";
import { explorer } from "./stage.js";

EXPLORERS.lenet = explorer(lenet);
export * from "./index.js";
export * as net from "./net.js";
export * as unit from "./unit.js";
export default { render };
