/** How the base map is drawn: quiet greys of the page's own colours, so that grids stand out from it. */
import {
  CenteredTextSymbolizer,
  LineLabelSymbolizer,
  LineSymbolizer,
  PolygonSymbolizer,
} from "protomaps-leaflet";
import { token } from "../dom.js";

/** Roads that are drawn alike, the least first: kinds, width on the ground in metres, from which zoom on, least width. */
const ROADS = [
  { kinds: ["path"], metres: 2, from: 16, least: 1 },
  { kinds: ["service"], metres: 4, from: 15, least: 1 },
  { kinds: ["residential", "road"], metres: 8, from: 13, least: 1 },
  { kinds: ["tertiary", "secondary"], metres: 12, from: 11, least: 1.2 },
  { kinds: ["primary", "trunk", "motorway"], metres: 17, from: 8, least: 1.6 },
];
const NAMED = [
  { kinds: ["primary", "trunk", "motorway"], from: 14, size: 12 },
  { kinds: ["tertiary", "secondary"], from: 15, size: 11.5 },
  { kinds: ["residential", "road"], from: 16, size: 11 },
  { kinds: ["path", "service"], from: 17, size: 10.5 },
];
const EARTH_M = 40_075_016.686;
const FONT = '"PingFang SC", "Microsoft YaHei", "Noto Sans SC", "Noto Sans CJK SC", system-ui, sans-serif';

/** Features of some kinds. */
const of = (...kinds) => (_, { props }) => kinds.includes(props.kind);

/**
 * @param {number} latitude of the map's middle: how wide a metre is
 * @param {boolean} [estimates] whether buildings show where their counts come from
 * @returns {{paint: object[], labels: object[]}} rules of protomaps-leaflet, in the colours of now
 */
export function baseStyle(latitude, estimates = false) {
  const world = EARTH_M * Math.cos((latitude * Math.PI) / 180);
  const wide = (metres) => (zoom) => (metres * 256 * 2 ** zoom) / world;
  return { paint: [...grounds(), ...lines(wide), ...(estimates ? sources() : [buildings()])], labels: labels() };
}

const base = (kinds, symbolizer, more = {}) => ({
  dataSource: "base", dataLayer: "base", filter: of(...kinds), symbolizer, ...more,
});

function grounds() {
  const area = (fill, stroke, width) => new PolygonSymbolizer({ fill, stroke, width });
  return [
    base(["land"], area(token("--map-land"), token("--map-road-edge"), 1)),
    base(["compound"], area(token("--map-block"), token("--map-road-edge"), 0.5), { minzoom: 13 }),
    base(["water"], area(token("--map-water"), token("--map-shore"), 0.8)),
  ];
}

function lines(wide) {
  const line = (color, width, more = {}) => new LineSymbolizer({ color, width, lineCap: "round", lineJoin: "round", ...more });
  const road = ({ metres, least }, more) => (zoom) => Math.max(wide(metres)(zoom), least) + more;
  const paths = ROADS.slice(0, 1);
  const streets = ROADS.slice(1);
  return [
    base(["stream", "river"], line(token("--map-shore"), (zoom) => Math.max(1, wide(4)(zoom)))),
    base(["wall"], line(token("--map-building-edge"), 0.8), { minzoom: 17 }),
    ...paths.map((one) =>
      base(one.kinds, line(token("--map-road-edge"), (zoom) => Math.min(road(one, 0)(zoom), 3)), { minzoom: one.from })),
    ...streets.map((one) => base(one.kinds, line(token("--map-road-edge"), road(one, 1.6)), { minzoom: one.from })),
    ...streets.map((one) => base(one.kinds, line(token("--map-road"), road(one, 0)), { minzoom: one.from })),
    base(["rail", "tram"], line(token("--map-rail"), 2, { lineCap: "butt" }), { minzoom: 11 }),
    base(["rail", "tram"], line(token("--map-land"), 1, { lineCap: "butt", dash: [4, 4] }), { minzoom: 13 }),
  ];
}

function buildings() {
  return {
    dataSource: "buildings",
    dataLayer: "buildings",
    minzoom: 14,
    symbolizer: new PolygonSymbolizer({
      fill: token("--map-building"), stroke: token("--map-building-edge"), width: (zoom) => (zoom >= 16 ? 0.7 : 0),
    }),
  };
}

/** Buildings by where their counts come from: nowhere, since nobody lives there; a person; an estimate. */
function sources() {
  const plain = buildings();
  const of = (filter, fill, stroke) => ({ ...plain, filter, symbolizer: new PolygonSymbolizer({ fill, stroke, width: (zoom) => (zoom >= 15 ? 0.8 : 0) }) });
  const lived = (_, { props }) => props.households > 0 || props.population > 0;
  return [
    plain,
    of((zoom, feature) => lived(zoom, feature) && feature.props.measured, token("--deviation-2"), token("--deviation-1")),
    of((zoom, feature) => lived(zoom, feature) && !feature.props.measured, token("--deviation-4"), token("--deviation-5")),
  ];
}

function labels() {
  const ink = { fill: token("--map-name"), stroke: token("--map-halo"), width: 2.5 };
  return [
    ...NAMED.map(({ kinds, from, size }) =>
      base(kinds, new LineLabelSymbolizer({ ...ink, font: `${size}px ${FONT}`, repeatDistance: 320 }), { minzoom: from })),
    base(["water"], new CenteredTextSymbolizer({ ...ink, fill: token("--map-water-name"), font: `italic 11px ${FONT}` }), {
      minzoom: 17,
    }),
  ];
}
