"use strict";
function startViewer() {}
