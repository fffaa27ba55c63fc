/* 催報台：方向鍵在格間走、空格勾選、整行整列勾選、複製。沒有本腳本時勾選框和鏈接照樣能用。 */
(() => {
  "use strict";
  const { $, $$, byId, toast } = window.page;

  /* ── 勾選：行頭、列頭與各格互相跟着 ── */
  const grid = $("[data-grid]");
  const form = $("form[data-chase]");
  const picks = () => $$('input[name="pick"]');
  /* 同一份報送在矩陣和手機清單裏各有一個勾，只認看得見的那一邊（收起的摺裏的也算）。 */
  const shown = (box) => {
    const side = box.closest(".d-only, .m-only");
    return !side || side.offsetParent !== null;
  };

  /* 一行、一列裏可以勾的格。列號從表頭數，矩陣沒有合併的格。 */
  const column = (cell) => cell.closest("td,th").cellIndex;
  const inRow = (head) => $$('input[name="pick"]', head.closest("tr"));
  const inColumn = (head) => {
    const index = column(head);
    return $$("tbody tr", grid)
      .map((row) => $('input[name="pick"]', row.cells[index]))
      .filter(Boolean);
  };
  function headed(head, boxes) {
    const ticked = boxes.filter((box) => box.checked).length;
    head.checked = ticked > 0 && ticked === boxes.length;
    head.indeterminate = ticked > 0 && ticked < boxes.length;
  }
  function sync() {
    const bar = byId("chase-bulk");
    const ticked = new Set(picks().filter((box) => box.checked && shown(box)).map((box) => box.value));
    if (bar) {
      bar.hidden = ticked.size === 0;
      $("[data-n]", bar).textContent = String(ticked.size);
    }
    if (!grid) return;
    $$("[data-all-row]", grid).forEach((head) => headed(head, inRow(head)));
    $$("[data-all-col]", grid).forEach((head) => headed(head, inColumn(head)));
  }
  let waiting = 0;
  const later = () => {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(sync);
  };
  document.addEventListener("change", (event) => {
    const box = event.target;
    if (box.matches?.("[data-all-row]")) inRow(box).forEach((each) => (each.checked = box.checked));
    else if (box.matches?.("[data-all-col]")) inColumn(box).forEach((each) => (each.checked = box.checked));
    else if (box.name !== "pick") return;
    later();
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-untick]")) return;
    picks().forEach((box) => (box.checked = false));
    sync();
    $('[data-cell][tabindex="0"]')?.focus();
  });
  /* 幾千個勾合成一個字段交上去；整行整列的勾已經落在各格上。看不見的那一份版面不算。 */
  form?.addEventListener("formdata", (event) => {
    const data = event.formData;
    const ids = picks().filter((box) => box.checked && shown(box)).map((box) => box.value.split("-").join(","));
    data.delete("pick");
    data.delete("unit");
    data.delete("column");
    data.set("ids", ids.join(","));
  });

  /* ── 鍵盤：同一時刻只有一格在 Tab 的路上 ── */
  if (grid) {
    const cells = $$("[data-cell]", grid);
    const info = $("[data-info]");
    let at = null;
    const enter = (cell) => {
      if (at) at.tabIndex = -1;
      at = cell;
      at.tabIndex = 0;
    };
    cells.forEach((cell) => (cell.tabIndex = -1));
    $$('input[name="pick"]', grid).forEach((box) => (box.tabIndex = -1));
    if (cells.length) enter(cells[0]);
    /* 「跳到表格」直接到格上，不必先走過各行各列的框。 */
    $("[data-to-grid]")?.addEventListener("click", (event) => {
      if (!at) return;
      event.preventDefault();
      at.focus();
    });

    /* 往一個方向找下一個有內容的格；空格子跳過。 */
    const next = (cell, down, right) => {
      const rows = $$("tbody tr", grid);
      let row = rows.indexOf(cell.closest("tr"));
      let index = column(cell);
      for (;;) {
        row += down;
        index += right;
        const td = rows[row]?.cells[index];
        if (!td || index < 1) return null;
        const found = $("[data-cell]", td);
        if (found) return found;
      }
    };
    /* 前面沒有了：按讀的次序到下一格、上一格，格再少也走得到。 */
    const step = (cell, by) => cells[cells.indexOf(cell) + by];
    const beside = (box, heads, by) => {
      const all = $$(heads, grid);
      return all[all.indexOf(box) + by];
    };
    /* 從行頭、列頭的框出發：框不是格，先找這一行、這一列頭一格。 */
    const from = (box, key) => {
      if (box.matches("[data-all-row]")) {
        const row = $("[data-cell]", box.closest("tr"));
        return { ArrowRight: row, ArrowDown: beside(box, "[data-all-row]", 1), ArrowUp: beside(box, "[data-all-row]", -1) }[key];
      }
      const under = cells.find((cell) => column(cell) === column(box));
      return { ArrowDown: under, ArrowRight: beside(box, "[data-all-col]", 1), ArrowLeft: beside(box, "[data-all-col]", -1) }[key];
    };
    const edge = (cell, last) => {
      const found = $$("[data-cell]", cell.closest("tr"));
      return found[last ? found.length - 1 : 0];
    };
    const moves = {
      ArrowDown: (cell) => next(cell, 1, 0) || step(cell, 1),
      ArrowUp: (cell) => next(cell, -1, 0) || step(cell, -1),
      ArrowRight: (cell) => next(cell, 0, 1) || step(cell, 1),
      ArrowLeft: (cell) => next(cell, 0, -1) || step(cell, -1),
      Home: (cell) => edge(cell, false),
      End: (cell) => edge(cell, true),
    };
    grid.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const cell = event.target.closest("[data-cell]");
      const head = event.target.closest("[data-all-row], [data-all-col]");
      if (head && event.key.startsWith("Arrow")) {
        event.preventDefault();
        from(head, event.key)?.focus();
      }
      if (!cell) return;
      if (event.key === " ") {
        event.preventDefault();
        const box = $('input[name="pick"]', cell.closest("td"));
        if (box) box.click();
      } else if (moves[event.key]) {
        event.preventDefault();
        moves[event.key](cell)?.focus();
      }
    });
    const tell = (target) => {
      const cell = target.closest?.("[data-cell]") || $("[data-cell]", target.closest?.("td") || document.createElement("i"));
      const head = target.closest?.("[data-col]");
      if (cell) info.textContent = cell.getAttribute("aria-label").slice(cell.textContent.length + 1);
      else if (head) info.textContent = `${$("a, span", head).textContent} ${head.title}`;
    };
    grid.addEventListener("focusin", (event) => {
      const cell = event.target.closest("[data-cell]");
      if (cell) enter(cell);
      tell(event.target);
    });
    grid.addEventListener("mouseover", (event) => tell(event.target));
  }

  /* ── 打印：措施多了一頁橫着放不下，按列分成幾張表，每張都有行頭和列頭，一列不少 ── */
  const COLUMNS_ON_PAPER = 12;
  const cut = (table, from, count) => {
    const part = table.cloneNode(false);
    for (const group of [table.tHead, ...table.tBodies]) {
      const lines = part.appendChild(group.cloneNode(false));
      for (const row of group.rows) {
        const line = lines.appendChild(row.cloneNode(false));
        [row.cells[0], ...Array.from(row.cells).slice(from, from + count)].forEach((cell) => line.append(cell.cloneNode(true)));
      }
    }
    $$("input", part).forEach((box) => box.remove());
    $$("[id]", part).forEach((each) => each.removeAttribute("id"));
    return part;
  };
  window.addEventListener("beforeprint", () => {
    const table = grid && $("table", grid);
    const columns = table ? table.tHead.rows[0].cells.length - 1 : 0;
    if (columns <= COLUMNS_ON_PAPER) return;
    const count = Math.ceil(columns / Math.ceil(columns / COLUMNS_ON_PAPER));
    const paper = document.createElement("div");
    paper.className = "ch-paperparts";
    for (let from = 1; from <= columns; from += count) paper.append(cut(table, from, count));
    grid.before(paper);
  });
  window.addEventListener("afterprint", () => $$(".ch-paperparts").forEach((paper) => paper.remove()));

  /* ── 預覽：各人的一條一起展開 ── */
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-open-all]");
    if (opener) $$("details", byId(opener.dataset.openAll)).forEach((each) => (each.open = true));
  });

  /* ── 複製：內網多半不是 https，剪貼板接口用不了時退回選中再複製 ── */
  async function copy(text, area) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      const holder = area || document.body.appendChild(document.createElement("textarea"));
      if (!area) holder.value = text;
      holder.focus();
      holder.select();
      const done = document.execCommand("copy");
      if (!area) holder.remove();
      return done;
    }
  }
  document.addEventListener("click", async (event) => {
    const copier = event.target.closest("[data-copy], [data-copy-link]");
    if (!copier) return;
    const area = copier.dataset.copy ? byId(copier.dataset.copy) : null;
    if (await copy(area ? area.value : location.href, area)) {
      toast(copier.dataset.done);
      copier.focus();
    }
  });

  sync();
})();
