// What a kernel's widget manager gets: everything, for there is nothing beside it to load later.
import { channels } from "./explorers/channels.js";
import { conv_matrix } from "./explorers/conv_matrix.js";
import { conv_shape } from "./explorers/conv_shape.js";
import { conv_step } from "./explorers/conv_step.js";
import { kernel_lab } from "./explorers/kernel_lab.js";
import { learn } from "./explorers/learn.js";
import { lenet } from "./explorers/lenet.js";
import { pool } from "./explorers/pool.js";
import { receptive_field } from "./explorers/receptive_field.js";
import { why_conv } from "./explorers/why_conv.js";
import { EXPLORERS, render } from "./index.js";
import { explorer } from "./stage.js";

const ALL = { channels, conv_matrix, conv_shape, conv_step, kernel_lab, learn, lenet, pool, receptive_field, why_conv };
for (const [kind, spec] of Object.entries(ALL)) EXPLORERS[kind] = explorer(spec);

export * from "./index.js";
// the arithmetic, for tests
export * as channels from "./channels.js";
export * as convmat from "./convmat.js";
export * as descent from "./descent.js";
export * as equivariance from "./equivariance.js";
export * as lab from "./lab.js";
export * as net from "./net.js";
export * as ops from "./ops.js";
export * as picture from "./picture.js";
export * as pooling from "./pooling.js";
export * as stack from "./stack.js";
export * as state from "./state.js";
export * as unit from "./unit.js";
export default { render };
