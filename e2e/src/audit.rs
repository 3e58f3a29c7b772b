//! What everybody needs of a page: names, values, targets that can be hit, text that can be read.

use anyhow::{Result, ensure};
use serde_json::Value;

use crate::Page;

/// What is wrong with what is in sight, a line each: a control without a name, or with fewer than 24 × 24 pixels and
/// another within its circle of 24 (WCAG 2.2, 2.5.8), something that no landmark leads to, a slider or separator without a value, a text whose contrast is
/// less than 4.5, or 3 where it is large (1.4.3).
const AUDIT: &str = r"(() => {
    const inSight = element =>
      element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && !element.closest('[aria-hidden=true]');
    const all = selector => [...document.querySelectorAll(selector)].filter(inSight);
    const tell = (what, element) => `${what}: ${element.cloneNode(false).outerHTML.slice(0, 200)}`;
    const wrong = [];

    const name = element => [
      element.ariaLabel, ...[...element.labels ?? []].map(label => label.textContent), element.textContent, element.title,
    ].join('').trim();
    const controls = all('button, a[href], input, select, textarea, [role=slider], [role=separator][tabindex]');
    wrong.push(...controls.filter(control => !name(control)).map(control => tell('no name', control)));
    wrong.push(...controls.filter(control => control.matches('[role=slider], [role=separator]') && !control.ariaValueNow)
      .map(control => tell('no value', control)));

    const places = 'header, main, nav, aside, footer, dialog, [role=dialog], [role=alert], [role=status], [aria-live], [popover]';
    // What leads to the picture comes before all landmarks.
    const isOutside = element => !element.closest(`${places}, .skip`);
    const isText = element => [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim());
    wrong.push(...controls.filter(isOutside).map(control => tell('in no landmark', control)));
    wrong.push(...all('[data-tessera] *').filter(element => isText(element) && isOutside(element)
      && !element.closest('svg, style, script, .visually-hidden')).map(element => tell('in no landmark', element)));

    const edges = new Map(controls.filter(control => control.matches('button, a, input, select, textarea'))
      .map(control => [control, control.getBoundingClientRect()]).filter(([, edge]) => edge.width > 1));
    for (const [control, edge] of edges) {
      if (Math.min(edge.width, edge.height) >= 23.5) continue;
      const [x, y] = [(edge.left + edge.right) / 2, (edge.top + edge.bottom) / 2];
      const away = other => Math.hypot(Math.max(other.left - x, x - other.right, 0), Math.max(other.top - y, y - other.bottom, 0));
      if ([...edges].some(([other, place]) => other !== control && away(place) < 11.5)) wrong.push(tell('too small', control));
    }

    const channels = color => color.startsWith('rgb') ? color.match(/[\d.]+/g).map(Number) : null;
    const luminance = color => color.slice(0, 3).map(channel => channel / 255)
      .map(channel => channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4)
      .reduce((sum, channel, at) => sum + channel * [0.2126, 0.7152, 0.0722][at], 0);
    const ground = element => {
      for (let at = element; at; at = at.parentElement) {
        const style = getComputedStyle(at);
        const color = channels(style.backgroundColor);
        if (style.opacity !== '1' || style.backgroundImage !== 'none' || !color) return null;
        if (color[3] === undefined || color[3] === 1) return color;
        if (color[3] > 0) return null;
      }
      return null;
    };
    for (const element of all('[data-tessera] *').filter(isText)) {
      if (element.closest(':disabled, svg, .visually-hidden')) continue;
      const style = getComputedStyle(element);
      const [text, behind] = [channels(style.color), ground(element)];
      if (!text || !behind) continue;
      const [low, high] = [luminance(text), luminance(behind)].sort((a, b) => a - b);
      const size = parseFloat(style.fontSize);
      const least = size >= 24 || size >= 18.66 && style.fontWeight >= 700 ? 3 : 4.5;
      const contrast = (high + 0.05) / (low + 0.05);
      if (contrast < least) wrong.push(tell(`contrast ${contrast.toFixed(2)}`, element));
    }
    return wrong;
})()";

impl Page<'_> {
    /// Fails when something in sight has no name or value, is too small to be hit, or can hardly be read.
    ///
    /// # Errors
    /// Naming what is wrong.
    pub async fn expect_accessible(&self, what: &str) -> Result<()> {
        let wrong = self.evaluate(AUDIT, Value::Null).await?;
        let lines: Vec<&str> = wrong.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        ensure!(lines.is_empty(), "{what}:\n{}", lines.join("\n"));
        Ok(())
    }
}
