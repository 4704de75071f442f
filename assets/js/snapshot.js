// @ts-check
// A grey picture from a file or from the camera. Nothing leaves the page: pixels go to a canvas and to `take`.
import { button } from "./controls.js";
import { h } from "./dom.js";
import { grey } from "./picture.js";

const SIDE = 64;

/** The middle square of an image as 64×64 grey. @param {CanvasImageSource} image @param {number} wide @param {number} high */
export function shrink(image, wide, high) {
  const square = Math.min(wide, high), side = SIDE * Math.min(8, Math.max(1, Math.floor(square / SIDE)));
  const canvas = h("canvas", { width: side, height: side });
  const pen = /** @type {import("./types").Pen} */ (canvas.getContext("2d", { willReadFrequently: true }));
  pen.fillStyle = "#fff"; // what shows through a transparent picture
  pen.fillRect(0, 0, side, side);
  pen.imageSmoothingQuality = "high";
  pen.drawImage(image, Math.floor((wide - square) / 2), Math.floor((high - square) / 2), square, square, 0, 0, side, side);
  return grey(pen.getImageData(0, 0, side, side).data, side, SIDE);
}

const REFUSED = "The camera was not allowed, so there is no picture. Choose a file, or draw.";
const ABSENT = "There is no camera here. Choose a file, or draw.";
const WHY = /** @type {Record<string, string>} */ ({ NotAllowedError: REFUSED, SecurityError: REFUSED, NotFoundError: ABSENT, TypeError: ABSENT });

/** A file field and a camera. @param {(picture: import("./picture.js").Picture) => void} take @param {(text: string) => void} refuse */
export function snapshot(take, refuse) {
  /** @type {MediaStream | null} */
  let stream = null, asked = 0;
  const file = h("input", { type: "file", accept: "image/*", onchange: read });
  const video = h("video", { playsinline: true, "aria-label": "camera" });
  const open = button("Use the camera", start);
  const live = h("div", { hidden: true }, video, h("div", { class: "d2lx-actions" }, button("Take the picture", shoot), button("Stop the camera", () => { stop(); open.focus(); })));
  video.muted = true;

  async function read() {
    const chosen = file.files?.[0];
    if (!chosen) return;
    try {
      const image = await createImageBitmap(chosen, { imageOrientation: "from-image" });
      take(shrink(image, image.width, image.height));
      image.close();
    } catch {
      refuse(`“${chosen.name}” is not a picture that this browser can read. The one before stays.`);
    }
    file.value = ""; // the same file can be chosen again
  }
  async function start() {
    const mine = ++asked;
    try {
      const got = await navigator.mediaDevices.getUserMedia({ video: true });
      if (mine !== asked) return got.getTracks().forEach((track) => track.stop()); // stopped meanwhile
      stream = got;
      video.srcObject = got;
      live.hidden = false;
      open.hidden = true;
      await video.play();
      live.querySelector("button")?.focus();
    } catch (error) {
      if (mine !== asked) return;
      const { name } = /** @type {Error} */ (error);
      stop();
      refuse(WHY[name] ?? `The camera cannot be used now (${name}). Choose a file, or draw.`);
    }
  }
  function shoot() {
    if (!video.videoWidth) return refuse("The camera has not sent a picture yet. Try again in a moment.");
    const picture = shrink(video, video.videoWidth, video.videoHeight);
    stop();
    take(picture);
    open.focus();
  }
  function stop() {
    asked++;
    stream?.getTracks().forEach((track) => track.stop());
    stream = video.srcObject = null;
    live.hidden = true;
    open.hidden = false;
  }
  const hidden = () => { if (document.hidden) stop(); };
  document.addEventListener("visibilitychange", hidden);
  return {
    elements: [open, h("label", { class: "d2lx-file" }, "Own file ", file), live],
    end() { stop(); document.removeEventListener("visibilitychange", hidden); },
  };
}
