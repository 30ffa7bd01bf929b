module devops-go

go 1.26
