/** The page's words. Plan text comes with the data, as pairs [zh, en]. */
const WORDS = {
  zh: {
    subtitle: "网格划分方案",
    switchTo: "English",
    grids: "网格", households: "户", households_long: "户数", population: "人", population_long: "人口",
    buildings: "建筑", buildings_unit: "栋", area: "面积", hectares: "公顷", deviation: "偏差",
    compactness: "紧凑度", kept: "达标", code: "编码", grid: "网格",
    holds: "审核通过", fails: "审核发现问题",
    within: "在范围内", outside: "超出范围",
    ask: "每个网格", load: "负荷", locked: "锁定", dedicated: "专属", levels: "各层级", explained: "已说明原因",
    crossing: "跨越上级", areas: "个数", level: "层级", asked: "要求",
    community: "社区边界", sector: "片区边界", fixed: "锁定或专属网格",
    spread: "户数均衡（标准差÷目标）",
    visible: "内部边界沿看得见的线", best: (share) => `（至多 ${share}）`,
    find: "查找编码或名称", none: "没有符合的网格",
    more: (n) => `另有 ${n} 项`,
    reasons: (n) => `超出范围的原因（${n}）`, unproven: "尚未证明",
    lines: "网格之间的边界沿着什么", about: "关于这份方案",
    sources: "图层", fingerprint: "输入指纹", seed: "随机种子", notes: "说明", version: "版本",
    colourBy: "着色", byGrid: "网格", byDeviation: "偏差",
    legend: "图例", border: "网格边界", rim: "辖区边界", building: "建筑", water: "水域", rail: "铁路、电车", road: "道路",
    below: "低于目标", above: "高于目标", target: "目标", out: "红字、斜体：超出范围",
    bounds: "四至", measured: "实测", estimated: "估算", of: (id) => `建筑 ${id}`,
    table: "网格表", whole: "看全图", close: "关闭", fold: "收起表格", unfold: "展开表格",
    share: "占比", km: "公里",
  },
  en: {
    subtitle: "Service grids",
    switchTo: "中文",
    grids: "Grids", households: "households", households_long: "Households", population: "people",
    population_long: "People",
    buildings: "Buildings", buildings_unit: "", area: "Area", hectares: "ha", deviation: "Off target",
    compactness: "Compactness", kept: "In band", code: "Code", grid: "Grid",
    holds: "Audit holds", fails: "Audit found faults",
    within: "Within the bands", outside: "Outside a band",
    ask: "Each grid", load: "Load", locked: "locked", dedicated: "dedicated", levels: "Levels", explained: "Explained",
    crossing: "Crossing", areas: "Areas", level: "Level", asked: "Asked for",
    community: "communities", sector: "sectors", fixed: "locked or dedicated grid",
    spread: "Spread of load (std ÷ target)",
    visible: "Inner boundary along visible lines", best: (share) => ` (at best ${share})`,
    find: "Find a code or name", none: "No grid matches",
    more: (n) => `${n} more`,
    reasons: (n) => `Why bands are broken (${n})`, unproven: "not proven",
    lines: "What boundaries between grids run along", about: "About this plan",
    sources: "Layers", fingerprint: "Input fingerprint", seed: "Seed", notes: "Notes", version: "Version",
    colourBy: "Colour by", byGrid: "Grid", byDeviation: "Off target",
    legend: "Legend", border: "grid boundary", rim: "jurisdiction's boundary", building: "building", water: "water",
    rail: "railway, tramway", road: "road",
    below: "below target", above: "above target", target: "target", out: "red italics: outside a band",
    bounds: "Four bounds", measured: "measured", estimated: "estimated", of: (id) => `Building ${id}`,
    table: "Table of grids", whole: "Whole map", close: "Close", fold: "Hide table", unfold: "Show table",
    share: "Share", km: "km",
  },
};

/** The language in use; `pick` takes its side of a pair. */
const tongue = { now: "zh" };
const word = (key) => WORDS[tongue.now][key];
const pick = (pair) => pair[tongue.now === "zh" ? 0 : 1];
const count = (n) => Math.round(n).toLocaleString("en-US");
const percent = (x, digits = 0) => `${(100 * x).toFixed(digits)}%`;
const signed = (x) => {
  const whole = Math.round(100 * x);
  return `${whole > 0 ? "+" : whole < 0 ? "−" : "±"}${Math.abs(whole)}%`;
};

/** Make an element; text never becomes markup. */
function el(tag, attributes = {}, ...content) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== null && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...content.filter((part) => part !== null && part !== undefined).map((part) => part.nodeType ? part : String(part)));
  return node;
}
