// Style and safety of the components' ES modules, which run in the learner's browser.

const browser = [
    "cancelAnimationFrame", "clearTimeout", "console", "CustomEvent", "devicePixelRatio", "document", "Event",
    "getComputedStyle", "HTMLElement", "ImageData", "IntersectionObserver", "KeyboardEvent", "matchMedia",
    "MutationObserver", "navigator", "Node", "performance", "queueMicrotask", "requestAnimationFrame",
    "ResizeObserver", "setTimeout", "SVGElement", "window",
];
const asHtml = {
    assigned: "AssignmentExpression > MemberExpression.left[property.name=/^(innerHTML|outerHTML|srcdoc)$/]",
    called: "CallExpression > MemberExpression.callee[property.name=/^(insertAdjacentHTML|setHTMLUnsafe|write)$/]",
    message: "Text goes in through textContent: HTML would run what a user typed.",
};

export default [
    { ignores: [".venv/", "node_modules/", "build/"] },
    {
        files: ["**/*.js"],
        languageOptions: {
            ecmaVersion: 2024,
            sourceType: "module",
            globals: Object.fromEntries(browser.map((name) => [name, "readonly"])),
        },
        linterOptions: { reportUnusedDisableDirectives: "error" },
        rules: {
            // likely bugs
            "array-callback-return": "error",
            "consistent-return": "error",
            "constructor-super": "error",
            "default-case-last": "error",
            eqeqeq: "error",
            "for-direction": "error",
            "no-cond-assign": "error",
            "no-const-assign": "error",
            "no-constant-binary-expression": "error",
            "no-constant-condition": "error",
            "no-dupe-args": "error",
            "no-dupe-class-members": "error",
            "no-dupe-else-if": "error",
            "no-dupe-keys": "error",
            "no-duplicate-case": "error",
            "no-duplicate-imports": "error",
            "no-empty": "error",
            "no-fallthrough": "error",
            "no-func-assign": "error",
            "no-import-assign": "error",
            "no-loss-of-precision": "error",
            "no-redeclare": "error",
            "no-self-assign": "error",
            "no-self-compare": "error",
            "no-shadow": "error",
            "no-sparse-arrays": "error",
            "no-this-before-super": "error",
            "no-undef": "error",
            "no-unreachable": "error",
            "no-unsafe-negation": "error",
            "no-unused-expressions": "error",
            "no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
            "no-use-before-define": ["error", { functions: false }],
            "use-isnan": "error",
            "valid-typeof": "error",
            // one way to write it
            "max-len": ["error", { code: 140 }],
            "no-console": ["error", { allow: ["warn", "error"] }],
            "no-var": "error",
            "object-shorthand": "error",
            "prefer-arrow-callback": "error",
            "prefer-const": "error",
            "prefer-template": "error",
            // safety
            "no-eval": "error",
            "no-implied-eval": "error",
            "no-new-func": "error",
            "no-restricted-syntax": [
                "error",
                { selector: asHtml.assigned, message: asHtml.message },
                { selector: asHtml.called, message: asHtml.message },
            ],
        },
    },
];
