package levers

var reflectmethod = Lever{
	Name:    "reflectmethod",
	What:    "the pointers of method values by reflection",
	Relies:  "nothing here asks reflect.Value.Pointer of a method value",
	MadeFor: []string{"go1.26"},
	Absent: []string{
		"reflect",
	},
	Edits: []Edit{
		{File: "reflect/value.go", Old: `			return methodValueCallCodePtr()
`, New: `			panic("reflect: pointer of a method value")
`},
		{File: "reflect/value.go", Old: `			code := methodValueCallCodePtr()
			return *(*unsafe.Pointer)(unsafe.Pointer(&code))
`, New: `			panic("reflect: pointer of a method value")
`},
	},
}
