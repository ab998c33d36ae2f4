module origin

go 1.22
