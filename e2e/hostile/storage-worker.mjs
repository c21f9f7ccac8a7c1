// The storage worker with the settings of a case.
import "/hostile/prelude.js";
import "/worker/storage.worker.js";
