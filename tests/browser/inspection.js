// Axe's rules whose faults count, and no others: of the rest nothing would be told.
//
// Of a page's time nine tenths go to the contrast of texts, and a list of a hundred lines has a hundred texts that
// look alike. So the contrast is judged once for each look: one text of every kind that nobody has judged before,
// on this page or on another. Texts look alike when nothing differs that axe could judge by: their own font and
// colour, tags, classes, paint and opacity of everything around them, whatever painted overlaps them, whether they
// are in force and in sight.
async ([options, impacts, judged]) => {
    const hash = (text) => {
        let [high, low] = [0xdeadbeef, 0x41c6ce57];
        for (let at = 0; at < text.length; at += 1) {
            high = Math.imul(high ^ text.charCodeAt(at), 2654435761);
            low = Math.imul(low ^ text.charCodeAt(at), 1597334677);
        }
        return `${(high >>> 0).toString(36)}${(low >>> 0).toString(36)}`;
    };

    const CLEAR = "rgba(0, 0, 0, 0)";
    const PICTURES = "img, svg, canvas, video";
    const FIELDS = "input, select, textarea";
    const all = [document.documentElement, ...document.querySelectorAll("body, body *")].map((element) => {
        const style = getComputedStyle(element);
        const paint = [style.backgroundColor, style.backgroundImage, style.backgroundClip, style.opacity];
        const layer = [style.filter, style.mixBlendMode, style.position, style.zIndex, style.float];
        return {
            element,
            style,
            box: element.getBoundingClientRect(),
            kind: [element.localName, element.getAttribute("class"), ...paint, ...layer].join("|"),
            isPainted:
                style.backgroundColor !== CLEAR || style.backgroundImage !== "none" || element.matches(PICTURES),
        };
    });
    const painted = all.filter(({ isPainted }) => isPainted);

    // What lies around an element, and what its scrolling parents leave of it, from the outside inwards.
    const frames = new Map();
    for (const { element, style, box, kind } of all) {
        const { around, shown } = frames.get(element.parentElement) ?? { around: "", shown: null };
        const clips = style.overflowX !== "visible" || style.overflowY !== "visible";
        const within = shown ?? { left: -Infinity, top: -Infinity, right: Infinity, bottom: Infinity };
        const left = Math.max(within.left, box.left);
        const top = Math.max(within.top, box.top);
        const right = Math.min(within.right, box.right);
        const bottom = Math.min(within.bottom, box.bottom);
        frames.set(element, { around: hash(`${around}>${kind}`), shown: clips ? { left, top, right, bottom } : within });
    }

    const overlap = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
    const inside = (a, b) => a.left >= b.left && a.right <= b.right && a.top >= b.top && a.bottom <= b.bottom;
    const textOf = (element) =>
        [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.data).join("").trim();

    const lookOf = ({ element, style, box }, text) => {
        const { around, shown } = frames.get(element);
        const over = painted.filter((other) => overlap(other.box, box) && !other.element.contains(element));
        return hash(
            JSON.stringify([
                around,
                [style.color, style.fontSize, style.fontWeight, style.textShadow, style.visibility],
                [...new Set(over.map(({ kind }) => kind))].sort(),
                // Texts of one sign, and of signs that are no letters, are not judged.
                [Math.min(text.length, 2), /[\p{L}\p{N}]/u.test(text)],
                [element.id, element.getAttribute("type"), element.closest("label")?.control?.disabled],
                element.closest(":disabled, [aria-disabled=true], [aria-hidden=true], [inert]") !== null,
                element.checkVisibility({ opacityProperty: true, visibilityProperty: true }),
                [box.width <= 1 || box.height <= 1, inside(box, shown), overlap(box, shown)],
            ]),
        );
    };
    const looks = new Map();
    for (const each of all) {
        const text = textOf(each.element);
        if (text || each.element.matches(FIELDS)) {
            const look = lookOf(each, text);
            if (!looks.has(look)) looks.set(look, each.element);
        }
    }
    for (const look of judged) looks.delete(look);

    // axe throws when no rule is left to run: an axe that names its impacts otherwise is not a clean page.
    const { rules, tagExclude } = axe._audit;
    const usual = rules.filter((rule) => rule.enabled && !rule.tags.some((tag) => tagExclude.includes(tag)));
    const grave = usual.filter((rule) => impacts.includes(rule.impact));
    const chosen = new Set(looks.values());
    const contrast = grave.find(({ id }) => id === "color-contrast");
    const { matches } = contrast;
    contrast.matches = (element, ...rest) => chosen.has(element) && matches.call(contrast, element, ...rest);
    const values = grave.map(({ id }) => id);
    const { violations } = await axe.run(document, { ...options, runOnly: { type: "rule", values } });
    contrast.matches = matches;

    const places = (nodes) => nodes.slice(0, 3).map((node) => node.target);
    return [violations.map(({ id, impact, nodes }) => ({ id, impact, at: places(nodes) })), [...looks.keys()]];
};
