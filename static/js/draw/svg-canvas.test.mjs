import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pen } from './pen.js';
import { escapeXML, SvgCanvas } from './svg-canvas.js';

globalThis.devicePixelRatio ??= 2;

/** The markup that a pen writes. @param {(pen: Pen) => void} draw */
function written(draw) {
	const canvas = new SvgCanvas(null);
	const pen = new Pen(/** @type {any} */ (canvas));
	Object.assign(pen.colour, { ink: 'rgb(1, 2, 3)', paper: 'white', no: 'red' });
	pen.clear(100, 50);
	draw(pen);
	return canvas.markup();
}

test('a line, a fill and a text become elements', () => {
	assert.equal(written((pen) => {
		pen.stroke('ink', 2, [4, 1]);
		pen.line(1, 2, 3.456, 4);
	}), '<path d="M1 2L3.46 4" fill="none" stroke="rgb(1, 2, 3)" stroke-width="2" stroke-linecap="round" stroke-dasharray="4 1"/>');
	assert.equal(written((pen) => pen.text('503', 5, 6, { font: '700 13px "A b", sans-serif', align: 'right', token: 'ink', baseline: 'middle' })),
		'<text x="5" y="6" font-family="&#34;A b&#34;, sans-serif" font-size="13" font-weight="700" text-anchor="end" dominant-baseline="central" fill="rgb(1, 2, 3)">503</text>');
});

test('a clip and an opacity end with restore', () => {
	const lines = written(({ ctx }) => {
		ctx.save();
		ctx.rect(0, 0, 10, 5);
		ctx.clip();
		ctx.globalAlpha = 0.5;
		ctx.fillStyle = 'red';
		ctx.fillRect(1, 1, 2, 2);
		ctx.restore();
		ctx.fillRect(1, 1, 2, 2);
	}).split('\n');
	assert.deepEqual(lines, [
		'<clipPath id="clip0"><path d="M0 0h10v5h-10Z"/></clipPath>',
		'<rect x="1" y="1" width="2" height="2" fill="red" opacity="0.5" clip-path="url(#clip0)"/>',
		'<rect x="1" y="1" width="2" height="2" fill="#000"/>',
	]);
});

test('no text breaks out of the markup, and every character is one that XML has', () => {
	for (const text of ['</text><script>alert(1)</script>', '"\'&amp;', 'a\u0000b\u001f\ufffe', '\ud800', '\u202ereversed', ']]>']) {
		const markup = written((pen) => pen.text(text, 0, 0, { font: '10px a', align: 'left', token: 'ink' }));
		assert.match(markup, /^<text [^<>]*>[^<>]*<\/text>$/);
		assert.doesNotMatch(escapeXML(text), /[<>"'\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|&(?!#\d+;)/);
		assert.ok(escapeXML(text).isWellFormed());
	}
});
