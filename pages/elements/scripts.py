"""What clicks and typing do in the browser alone, as NiceGUI's js_handler: the server is asked nothing, or later."""

from __future__ import annotations

# a button copies its data-text, and says data-copied for two seconds
COPY = """(e) => {
    const b = e.currentTarget, word = b.querySelector(".block"), before = word.textContent;
    navigator.clipboard.writeText(b.dataset.text).then(() => {
        word.textContent = b.dataset.copied; setTimeout(() => word.textContent = before, 2000); });
}"""

# the button after a password field shows what was typed, or hides it again; its other word is its data-other
SHOW_OR_HIDE = """(e) => {
    const b = e.currentTarget, field = b.previousElementSibling, word = b.textContent;
    field.type = field.type === "password" ? "text" : "password";
    b.textContent = b.dataset.other; b.dataset.other = word; field.focus();
}"""

# the first click is sent, and seen to be working; the others are not
CLICK_ONCE = """(e) => {
    const b = e.currentTarget;
    if (b.dataset.busy) return;
    b.dataset.busy = 1; b.classList.add("busy"); b.setAttribute("aria-busy", "true"); emit();
}"""


def new_password(shortest: int, longest: int) -> str:
    """Send what stands in the field when typing pauses: "" until it has `shortest` characters, for until then there is
    one thing to say, and at most `longest`."""
    return f"""(e) => {{
        const field = e.target, length = [...field.value.normalize("NFKC")].length;
        clearTimeout(field.waiting);
        field.waiting = setTimeout(() => emit(length < {shortest} ? "" : field.value.slice(0, {longest})), 350);
    }}"""


def submit_form(action: str, **fields: str) -> str:
    """Send a native form, of fields and the JavaScript that gives their values: a cookie changes by POST, and a socket
    cannot."""
    values = ", ".join(f"{name}: {value}" for name, value in fields.items())
    return f"""() => {{
        const form = document.body.appendChild(document.createElement("form"));
        form.method = "post"; form.action = "{action}"; form.hidden = true;
        for (const [name, value] of Object.entries({{{values}}}))
            Object.assign(form.appendChild(document.createElement("input")), {{name, value}});
        form.submit(); }}"""
