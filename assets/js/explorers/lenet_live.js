// The script that site.js adds where LeNet stands: it hands over the description of its explorer.
import { lenet } from "./lenet.js";

globalThis.d2lminiData?.("lenet-live", lenet);
