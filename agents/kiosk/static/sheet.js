// The sheet's one button; scans of its codes are taken here too, and lead back to the tiles.
document.querySelector("#print").addEventListener("click", () => window.print());
