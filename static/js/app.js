/* 頁面上的行為。全掛在 data- 屬性上；沒有本腳本時，每件事也能靠鏈接和表單辦成。
   不用任何庫；只用 Chromium 90 就有的寫法。自動保存見 draft.js，上傳見 upload.js。 */
(() => {
  "use strict";
  const root = document.documentElement;
  root.classList.add("js");

  const $ = (selector, within = document) => within.querySelector(selector);
  const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
  const byId = (id) => document.getElementById(id);

  /* 給人看的話由服務端按繁簡寫在頁裏，腳本不另存一份。 */
  const words = JSON.parse(byId("words")?.textContent || "{}");
  const say = (key, values = {}) =>
    (words[key] || "").replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  const token = () => $("input[name=csrfmiddlewaretoken]")?.value || "";
  const icon = (name) => {
    const holder = document.createElement("span");
    holder.innerHTML = '<svg class="i i--s" aria-hidden="true"><use></use></svg>';
    $("use", holder).setAttribute("href", `${words.sprite || ""}#i-${name}`);
    return holder.firstChild;
  };
  const make = (tag, className = "", text = "") => {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text) made.textContent = text;
    return made;
  };
  const button = (text, className, act) => {
    const made = make("button", className, text);
    made.type = "button";
    made.addEventListener("click", act);
    return made;
  };
  window.page = { $, $$, byId, say, words, token, icon, make, button };

  /* 事件委託：局部刷新進來的內容不必重新綁定。 */
  const on = (type, selector, act) =>
    document.addEventListener(type, (event) => {
      const target = event.target.closest?.(selector);
      if (target) act(target, event);
    });

  /* ── 吐司：局部刷新之後的一句話，可帶撤回 ── */
  function toast(text, undo) {
    const box = make("div", "c-toast");
    box.append(icon("ok"), make("span", "", text));
    if (undo) {
      const form = make("form");
      form.method = "post";
      form.action = undo;
      const hidden = make("input");
      hidden.type = "hidden";
      hidden.name = "csrfmiddlewaretoken";
      hidden.value = token();
      const act = make("button", "", say("undo"));
      act.type = "submit";
      form.append(hidden, act);
      box.append(form);
    }
    box.append(closer(box));
    byId("toasts")?.append(box);
  }
  function closer(box) {
    const cross = button("", "c-note__x", () => box.remove());
    cross.setAttribute("aria-label", say("dismiss"));
    cross.append(icon("x"));
    return cross;
  }
  window.page.toast = toast;
  document.addEventListener("said", (event) => toast(event.detail.text, event.detail.undo));

  /* ── 顯示方式：深淺和大字就地切換，繁簡要重新載入 ── */
  on("click", "[data-display]", async (pressed, event) => {
    const form = pressed.form;
    event.preventDefault();
    try {
      const answer = await fetch(form.action, {
        method: "POST",
        body: new URLSearchParams(new FormData(form)),
        headers: { "X-Requested-With": "fetch" },
      });
      if (answer.status !== 204) throw new Error(String(answer.status));
    } catch {
      form.submit();
      return;
    }
    const isOn = pressed.getAttribute("aria-pressed") !== "true";
    const theme = pressed.dataset.display === "theme";
    if (theme) root.dataset.bsTheme = isOn ? "dark" : "light";
    else if (isOn) root.dataset.text = "lg";
    else delete root.dataset.text;
    const off = theme ? "light" : "md";
    const next = theme ? "dark" : "lg";
    $$(`[data-display="${pressed.dataset.display}"]`).forEach((each) => {
      each.setAttribute("aria-pressed", String(isOn));
      each.form.elements.value.value = isOn ? off : next;
    });
    document.dispatchEvent(new CustomEvent("display:changed"));
  });

  /* ── 側邊菜單（手機） ── */
  const side = byId("side");
  function openSide(open, focusBack = true) {
    const opener = $("[data-toggle-side]");
    side?.classList.toggle("is-open", open);
    opener?.setAttribute("aria-expanded", String(open));
    if (open) $("a, button", $(".c-nav", side) || side)?.focus();
    else if (focusBack) opener?.focus();
  }
  on("click", "[data-toggle-side]", (opener, event) => {
    event.preventDefault();
    openSide(!side.classList.contains("is-open"));
  });
  on("click", "[data-close-side]", (closeLink, event) => {
    event.preventDefault();
    openSide(false);
  });
  /* 帶着 #side 打開的地址（沒有腳本時留下的）不應再次彈出菜單。 */
  if (location.hash === "#side") history.replaceState(null, "", location.pathname + location.search);

  /* ── 下拉菜單：點別處、按 Esc 收起；同時只開一個 ── */
  document.addEventListener("click", (event) => {
    $$("details[data-menu][open]").forEach((menu) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
    if (side?.classList.contains("is-open") && !event.target.closest("#side, [data-toggle-side]"))
      openSide(false, false);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    $$("details[data-menu][open]").forEach((menu) => {
      menu.open = false;
      $("summary", menu)?.focus();
    });
    if (side?.classList.contains("is-open")) openSide(false);
  });

  /* ── 對話框 ── */
  on("click", "[data-dlg]", (opener, event) => {
    const dialog = byId(opener.dataset.dlg);
    if (!dialog?.showModal) return; /* 沒有對話框就走鏈接 */
    event.preventDefault();
    if (!dialog.open) dialog.showModal();
  });
  on("click", "[data-close]", (closeButton) => closeButton.closest("dialog")?.close());

  /* ── 彈出說明：沒有 popover 的瀏覽器用類名 ── */
  const hasPopover = "togglePopover" in HTMLElement.prototype;
  function preparePops(within) {
    if (!hasPopover) $$(".c-pop", within).forEach((pop) => pop.setAttribute("data-fallback", ""));
  }
  function place(pop, beside) {
    const box = beside.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = pop;
    const below = box.bottom + height + 12 <= innerHeight;
    pop.style.left = `${Math.max(8, Math.min(box.left, innerWidth - width - 8))}px`;
    pop.style.top = `${below ? box.bottom + 8 : Math.max(8, box.top - height - 8)}px`;
  }
  function togglePop(opener) {
    const pop = byId(opener.dataset.pop);
    if (!pop) return;
    if (hasPopover && pop.hasAttribute("popover")) pop.togglePopover();
    else pop.classList.toggle("is-open");
    place(pop, opener);
    const first = $("a, button, input", pop);
    if (first && (pop.classList.contains("is-open") || pop.matches(hasPopover ? ":popover-open" : ".is-open")))
      first.focus();
  }
  on("click", "[data-pop]", (opener, event) => {
    event.preventDefault();
    togglePop(opener);
  });
  on("keydown", "[data-pop]:not(a, button)", (opener, event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    togglePop(opener);
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest(".c-pop, [data-pop]")) return;
    $$(".c-pop.is-open").forEach((pop) => pop.classList.remove("is-open"));
  });

  /* ── 表格多選：全選框有三態，批量條隨之出現 ── */
  function syncBulk(table) {
    const bar = byId(table.dataset.bulk);
    const boxes = $$("[data-row]", table);
    const all = $("[data-all]", table);
    const picked = boxes.filter((box) => box.checked).length;
    if (bar) {
      bar.hidden = picked === 0;
      const count = $("[data-n]", bar);
      if (count) count.textContent = String(picked);
    }
    if (all) {
      all.checked = picked > 0 && picked === boxes.length;
      all.indeterminate = picked > 0 && picked < boxes.length;
    }
    boxes.forEach((box) => box.closest("tr, li")?.classList.toggle("is-sel", box.checked));
  }
  on("change", "[data-bulk] [data-all]", (all) => {
    const table = all.closest("[data-bulk]");
    $$("[data-row]", table).forEach((box) => (box.checked = all.checked));
    syncBulk(table);
  });
  on("change", "[data-bulk] [data-row]", (box) => syncBulk(box.closest("[data-bulk]")));
  on("click", "[data-none]", (none, event) => {
    event.preventDefault();
    const table = $(`[data-bulk="${none.closest("[id]").id}"]`);
    if (!table) return;
    $$("[data-row]", table).forEach((box) => (box.checked = false));
    syncBulk(table);
    $("[data-all]", table)?.focus();
  });

  /* ── 鍵盤：/ 到搜索；data-key 等於點它。正在打字、選字（輸入法）或對話框開着時不觸發 ── */
  const isTyping = (target) =>
    target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName || "");
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (isTyping(event.target) || $("dialog[open]")) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const hit = $(`[data-key="${CSS.escape(key)}"]`);
    if (hit) {
      event.preventDefault();
      hit.click();
    } else if (key === "/" && byId("q")) {
      event.preventDefault();
      byId("q").focus();
      byId("q").select();
    }
  });

  /* ── 在意見框裏按 Ctrl+Enter（Mac 上 ⌘+Enter）等於點「退回」：data-key-submit 指着那個框 ── */
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
    const hit = event.target.id && $(`[data-key-submit="${CSS.escape(event.target.id)}"]`);
    if (!hit) return;
    event.preventDefault();
    hit.click();
  });

  /* ── 字數：按字（碼點）數，一個生僻字也只算一個 ── */
  function count(input) {
    const output = byId(input.dataset.counter);
    if (!output) return;
    const limit = Number(input.dataset.max);
    const used = [...input.value].length;
    const over = limit && used > limit;
    output.textContent = over
      ? say("over", { used, limit, extra: used - limit })
      : say(limit ? "count" : "written", { used, limit });
    output.classList.toggle("is-over", Boolean(over));
  }
  on("input", "[data-counter]", count);

  /* ── 隨寫隨長的輸入框；打印時收着的段落全打開，印完收回 ── */
  const grow = (input) => {
    input.style.height = "auto";
    if (input.scrollHeight) input.style.height = `${input.scrollHeight + 2}px`;
  };
  on("input", "textarea[data-grow]", grow);
  document.addEventListener(
    "toggle",
    (event) => event.target.open && $$("textarea[data-grow]", event.target).forEach(grow),
    true,
  );
  /* 全部展開、全部收起：就地辦，填了一半的不用離開；網址和表單的去處照着改，保存之後照舊。 */
  on("click", "[data-unfold]", (link, event) => {
    const within = link.closest("section");
    event.preventDefault();
    $$("details.rd-domain", within).forEach((each) => (each.open = link.dataset.unfold === "all"));
    history.replaceState(history.state, "", link.href);
    const form = link.closest("form");
    if (form) form.action = link.href;
  });
  addEventListener("beforeprint", () =>
    $$("details[data-print-open]:not([open])").forEach((each) => {
      each.open = true;
      each.dataset.printed = "1";
    }),
  );
  addEventListener("afterprint", () =>
    $$("details[data-printed]").forEach((each) => {
      each.open = false;
      delete each.dataset.printed;
    }),
  );

  /* ── 常用語、密碼、複製、打印、改了就篩 ── */
  on("click", "[data-fill]", (chip) => {
    const input = byId(chip.dataset.fill);
    const text = chip.dataset.text ?? chip.textContent.trim();
    const isLine = input.tagName === "TEXTAREA" && input.value.trim() && !chip.hasAttribute("data-replace");
    input.value = isLine ? `${input.value.replace(/[；。\s]*$/, "")}；${text}` : text;
    input.dispatchEvent(new Event("input", { bubbles: true }));
    input.focus();
  });
  on("click", "[data-reveal]", (eye) => {
    const input = byId(eye.dataset.reveal);
    const shown = input.type === "text";
    input.type = shown ? "password" : "text";
    eye.setAttribute("aria-pressed", String(!shown));
  });
  on("click", "[data-copy]", async (copier) => {
    const input = byId(copier.dataset.copy);
    input.select();
    try {
      await navigator.clipboard.writeText(input.value);
    } catch {
      document.execCommand("copy"); /* 沒有 HTTPS 時瀏覽器不給剪貼板接口 */
    }
    toast(copier.dataset.copied);
  });
  on("click", "[data-print]", (printer, event) => {
    event.preventDefault();
    print();
  });
  /* 只在另一欄選了某一項時才用得着的：data-when="那一欄的 id=值"。沒有腳本時一直在。 */
  function fit(each) {
    const [id, value] = each.dataset.when.split("=");
    each.hidden = byId(id).value !== value;
  }
  on("change", "select", (select) => $$(`[data-when^="${CSS.escape(select.id)}="]`).forEach(fit));
  on("change", "[data-submit-on-change]", (input) => input.form.requestSubmit());

  /* ── 只交一次：雙擊不會報兩份；返回本頁或 10 秒後（下載類）恢復 ── */
  const submitters = (form) =>
    [...form.elements].filter((each) => each.type === "submit" && each.tagName === "BUTTON");
  function release(form) {
    delete form.dataset.sent;
    form.classList.remove("is-sent");
    submitters(form).forEach((each) => each.removeAttribute("aria-disabled"));
  }
  window.page.release = release;
  document.addEventListener("submit", (event) => {
    const form = event.target;
    const method = (event.submitter?.formMethod || form.method || "").toLowerCase();
    if (event.defaultPrevented || method !== "post" || form.hasAttribute("data-many")) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    form.classList.add("is-sent");
    submitters(form).forEach((each) => each.setAttribute("aria-disabled", "true"));
    setTimeout(() => release(form), 10000);
  });
  addEventListener("pageshow", () => $$("form[data-sent]").forEach(release));
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.target.closest?.("form[data-sent]");
    if (form) release(form);
  });

  /* ── 改過沒保存就走：先問一聲 ── */
  on("input", "form[data-guard]", (form) => (form.dataset.dirty = "1"));
  document.addEventListener("submit", (event) => {
    if (!event.defaultPrevented) delete event.target.dataset.dirty;
  });
  addEventListener("beforeunload", (event) => {
    if (!$("form[data-dirty]")) return;
    event.preventDefault();
    event.returnValue = "";
  });

  /* ── 局部刷新（htmx） ── */
  const isSignIn = (url) => words.sign_in && new URL(url, location.href).pathname === words.sign_in;
  window.page.isSignIn = isSignIn;
  document.addEventListener("htmx:beforeSwap", (event) => {
    /* 會話過期時取回來的是登錄頁：不要塞進表格裏，整頁去登錄再回來。 */
    if (isSignIn(event.detail.xhr.responseURL || "")) {
      event.detail.shouldSwap = false;
      location.reload();
    }
  });
  const failed = () => toast(say("failed"));
  document.addEventListener("htmx:responseError", failed);
  document.addEventListener("htmx:sendError", failed);
  document.addEventListener("htmx:load", (event) => prepare(event.detail.elt));
  document.addEventListener("htmx:afterSwap", (event) => $("[data-focus]", event.detail.target)?.focus());
  document.addEventListener("focus-on", (event) => $(event.detail.on)?.focus());

  /* ── 載入時 ── */
  function prepare(within) {
    preparePops(within);
    $$("[data-bulk]", within).forEach(syncBulk);
    $$("[data-counter]", within).forEach(count);
    $$("textarea[data-grow]", within).forEach(grow);
    /* 局部刷新取來的對話框：進來就打開（沒有腳本時根本不會取，走整頁）。 */
    $$("dialog[data-show]:not([open])", within).forEach((box) => box.showModal?.());
    $$("[data-when]", within).forEach(fit);
    /* 一句話說的那一欄收着：打開它。 */
    $$("[data-opens]", within).forEach((each) => byId(each.dataset.opens)?.setAttribute("open", ""));
    $$("[data-dismissable]", within).forEach((box) => {
      box.removeAttribute("data-dismissable");
      box.append(closer(box));
    });
    document.dispatchEvent(new CustomEvent("page:prepare", { detail: within }));
  }
  prepare(document);
  document.addEventListener("DOMContentLoaded", () => {
    document.dispatchEvent(new CustomEvent("page:prepare", { detail: document }));
    $("[data-focus]")?.focus();
  });
})();
