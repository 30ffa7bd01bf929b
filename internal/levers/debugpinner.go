package levers

var debugpinner = Lever{
	Name:    "debugpinner",
	What:    "two functions that only a debugger calls",
	Relies:  "a debugger has no symbols in this binary anyway",
	MadeFor: []string{"go1.26"},
	Edits: []Edit{
		{File: "runtime/asm_amd64.s", Old: `	MOVQ	$runtime·debugPinnerV1<ABIInternal>(SB), AX
	MOVQ	$runtime·debugCallV2<ABIInternal>(SB), AX
`, New: ""},
	},
}
