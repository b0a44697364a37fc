"use strict";

startTables();
