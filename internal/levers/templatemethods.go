package levers

var templatemethods = Lever{
	Name:    "templatemethods",
	What:    "methods called by text/template, for which the linker keeps every exported method of every type",
	Relies:  "internal/report gives its templates structs and strings without methods",
	MadeFor: []string{"go1.26"},
	Edits: []Edit{
		{File: "text/template/exec.go", Old: `	// Unless it's an interface, need to get to a value of type *T to guarantee
	// we see all methods of T and *T.
	ptr := receiver
	if ptr.Kind() != reflect.Interface && ptr.Kind() != reflect.Pointer && ptr.CanAddr() {
		ptr = ptr.Addr()
	}
	if method := ptr.MethodByName(fieldName); method.IsValid() {
		return s.evalCall(dot, method, false, node, fieldName, args, final)
	}
`, New: ""},
	},
	Fails: []string{
		"text/template.TestAddrOfIndex", "text/template.TestExecute", "text/template.TestExecuteError", "text/template.TestExecutePanicDuringCall",
	},
}
