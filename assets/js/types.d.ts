// Types that several modules share. What an explorer describes stands in stage.js.
import type { Grid } from "./stage.js";

/** A row of a table of limits: what one setting may be. */
export type Field =
  | { kind: "int"; name: string; min: number; max: number; init?: number; symbol?: string }
  | { kind: "bool"; name: string; init?: boolean; symbol?: string }
  | { kind: "choice"; name: string; of: string[]; init?: string; symbol?: string }
  | { kind: "ints"; name: string; rows: number; cols: number; min: number; max: number; symbol?: string };
export type IntField = Extract<Field, { min: number }>;
export type Rows = number[][];
export type Place = { r: number; c: number };

/** The part of a kernel's model that explorers may use. */
export interface Model {
  get(name: string): any;
  set(name: string, value: any): void;
  save_changes(): void;
  on(names: string, f: (...told: any[]) => void): void;
  off(names: string, f?: (...told: any[]) => void): void;
}

/** Where an explorer is shown. Only a page has an address, hence a link. */
export interface Host {
  model: Model;
  root: HTMLElement;
  announce: (text: string) => void;
  link?: () => string;
}

/** A native input with its label. */
export interface Control {
  element: HTMLElement;
  focus(): void;
  set(value: any): void;
}

/** What index.js and site.js want of an explorer. */
export interface Explorer {
  spec?: import("./stage.js").Spec;
  fields?: Record<string, any>;
  describe(raw: any): { fields: Record<string, any>; start: Record<string, any>; fixed: Record<string, any> };
  render(host: Host): void | (() => void);
}

/** What a grid asks and tells; a grid without numbers to change has none of the last ones. */
export interface Handlers {
  describe(grid: string, r: number, c: number): string;
  say(grid: string, r: number, c: number): void;
  point(grid: string, r: number, c: number): void;
  leave(): void;
  pin(grid: string, r: number, c: number): void;
  free(): void;
  paint(r: number, c: number, from: { r: number; c: number } | null): void;
  paints(): boolean;
  editable(r: number, c: number): boolean;
  value(r: number, c: number): number;
  edit(r: number, c: number, given: unknown): void;
}

/** A grid as it is shown: its cells and the marks on them. */
export type Painted = Grid & { big: boolean; marks: ArrayLike<number> };

/** A grid on a canvas: the size of a cell, the cells to paint, the length of the longest text, the cell with the cursor or -1; for pixels one dot each. */
export type Big = Pick<Grid, "rows" | "cols" | "text" | "css" | "pixels"> & { marks: ArrayLike<number>; cell: number; cells: number[]; longest: number; cursor: number; dots?: HTMLCanvasElement };

/** What a canvas was painted from: what all its cells depend on, what each does, and the cell with the cursor. */
export type Painting = { whole: unknown[]; parts: ArrayLike<any>[]; cursor: number };

export type Pen = CanvasRenderingContext2D;
export type Color = (name: string) => string;

declare module "./grid.js" {
  interface GridView {
    name: string;
    on: Handlers;
    rows: number;
    cols: number;
    text: string[];
    css: string[];
    marks: number[];
    /** the cursor */
    r: number;
    c: number;
    big: boolean | null;
    pixels: NonNullable<Grid["pixels"]> | null;
    /** classes and texts as they stand in the table */
    keys: string[];
    texts: string[];
    tds: HTMLTableCellElement[];
    /** rows and columns of the table */
    shape: [number, number];
    stop?: HTMLTableCellElement;
    /** the table, or what holds the canvas; both are kept when once made */
    host: HTMLElement;
    sheet?: HTMLElement;
    area?: HTMLElement;
    canvas: HTMLCanvasElement;
    dots?: HTMLCanvasElement;
    cell: number;
    frame?: HTMLElement;
    editor: HTMLInputElement | null;
    palette: import("./palette.js").Palette;
    painted: Painting | null;
    /** the last place of a pressed pointer */
    painting: { r: number; c: number } | null;
    snap?: Grid["snap"];
    shows?: number;
    /** the column that was scrolled into sight last */
    centred?: number;
    tapped: boolean;
  }
}
