// Every text of the interface in French. French has a space, which does not break a line, before ":", "?" and "%".

import type { Texts } from "./en.js";
import { Format } from "./format.js";
import { paceOf } from "./pace.js";

const format = new Format({
  locale: "fr",
  decimal: ",",
  units: ["o", "Ko", "Mo", "Go", "To"],
  justNow: "à l’instant",
  tokensPerSecond: "jetons/s",
});

/** The interface in French. */
export const fr: Texts = {
  language: "fr",
  dir: "ltr",
  format,

  app: {
    offered: "Proposé par ce serveur",
    newVersion: "Une nouvelle version est prête.",
    reload: "Recharger",
  },

  header: {
    models: "Modèles",
    modelsTitle: "Choisir un autre modèle",
    clear: "Nouveau",
    clearTitle: "Commencer une nouvelle conversation",
  },

  chooser: {
    heading: "Choisissez un modèle",
    privacy: "Il s’exécute sur cette machine. Ce que vous écrivez y reste.",
    notes: {
      nano: "Intégré : petites conversations et dessins simples",
      "llama-4-scout": "109 milliards de paramètres, texte et images",
      "llama-3.2-1b": "Rapide et capable",
      "llama-3.2-3b": "Plus lent, avec de meilleures réponses",
      "smollm2-135m": "Minuscule : pour essayer",
    },
    elsewhere: "Téléchargement dans un autre onglet : choisissez-le pour le suivre ici",
    visionFile: "fichier de vision",
    stored: "Enregistré",
    storedPart: (percent) => `${percent || "moins de 1"} % enregistré`,
    delete: (name) => `Supprimer le modèle enregistré ${name}`,
    deleteTitle: "Supprimer de ce navigateur",
    url: "Adresse d’un fichier GGUF",
    urlExample: "https://…/modele.gguf",
    visionURL: "Adresse de son fichier de vision",
    visionURLExample: "https://…/mmproj.gguf, pour lire des images (facultatif)",
    load: "Charger",
    files: "Ouvrir des fichiers GGUF, ou les déposer ici",
    copied: "Ce navigateur les copie ; Chrome et Edge les lisent là où ils sont.",
  },

  drop: {
    pictures: "Déposez des images pour les joindre",
    models: "Déposez des fichiers GGUF pour les ouvrir",
  },

  composer: {
    label: "Votre message",
    message: "Message",
    placeholder: "Posez une question",
    placeholderNoModel: "Choisissez un modèle",
    send: "Envoyer",
    sendTitle: "Envoyer (Entrée)",
    stop: "Arrêter",
    stopTitle: "Arrêter (Échap)",
    attach: "Joindre des images",
    remove: (name) => `Retirer ${name}`,
    removeTitle: "Retirer",
  },

  conversation: {
    label: "Conversation",
    greeting: "Que voulez-vous savoir ?",
    earlier: "Afficher les messages précédents",
    you: "Vous",
    answer: "Réponse",
    cut: {
      stopped: "Arrêtée",
      length: "Coupée : la réponse ou le contexte a atteint sa limite",
      interrupted: "Interrompue",
      repeated: "Arrêtée : le même texte se répétait sans fin",
    },
    network: "En attente du réseau : une partie du modèle manque encore",
    tile: (tile, total) => `Examen de la tuile ${tile} sur ${total}…`,
    vision: (phase, done, total) =>
      `${phase} : l’encodeur de vision, ${format.bytes(done)} sur ${format.bytes(total)}…`,
    recover: (done, total) => {
      const how = total ? `, ${format.bytes(done)} sur ${format.bytes(total)}` : "";
      return `Le GPU a été réinitialisé : le modèle est rechargé${how} ; la réponse continue ensuite…`;
    },
    restart: (done, total) => {
      const how = total ? `, ${format.bytes(done)} sur ${format.bytes(total)}` : "";
      return `Le moteur a été relancé : le modèle est chargé${how} ; la réponse commence ensuite…`;
    },
    hitRate: (percent) => `${percent} % des experts trouvés sur le GPU`,
  },

  markdown: {
    code: "Code source",
    table: "Tableau",
    copy: "Copier",
    copied: "Copié",
    longLine: "Cette ligne est trop longue pour être mise en forme.",
  },

  message: {
    actions: "Actions pour ce message",
    copy: "Copier",
    copied: "Copié",
    edit: "Modifier",
    resend: "Envoyer",
    cancel: "Annuler",
    regenerate: "Répondre à nouveau",
    continue: "Continuer",
    delete: "Supprimer",
    keep: "Garder",
    deleteHeading: "Supprimer ce message ?",
    deleteText: (after) =>
      after === 0
        ? ""
        : format.plural(after, {
            one: "Le message qui le suit est supprimé aussi.",
            other: `Les ${after} messages qui le suivent sont supprimés aussi.`,
          }),
    previousBranch: "Version précédente",
    nextBranch: "Version suivante",
    branch: (n, total) => `Version ${n} sur ${total}`,
  },

  history: {
    label: "Vos conversations",
    show: "Afficher les conversations",
    hide: "Masquer les conversations",
    new: "Nouvelle conversation",
    search: "Rechercher",
    none: "Aucune conversation pour le moment",
    noMatch: "Aucun résultat",
    pinned: "Épinglées",
    today: "Aujourd’hui",
    yesterday: "Hier",
    week: "7 derniers jours",
    draft: (words) => `Brouillon : ${words}`,
    actions: (title) => `Actions pour ${title}`,
    titleLabel: "Titre",
    rename: "Renommer",
    pin: "Épingler",
    unpin: "Désépingler",
    exportMarkdown: "Enregistrer en Markdown",
    exportJSON: "Enregistrer en JSON",
    exportAll: "Tout exporter",
    import: "Importer",
    imported: (count) =>
      format.plural(count, {
        one: `${count} conversation a été importée.`,
        other: `${count} conversations ont été importées.`,
      }),
    importProblems: {
      not_json: (file) => `${file} n’est pas un fichier JSON. Choisissez un fichier exporté ici.`,
      not_export: (file) => `${file} n’est pas un export de conversations. Choisissez un fichier exporté ici.`,
      newer: (file) => `${file} vient d’une version plus récente d’Outrider. Rechargez la page, puis importez-le.`,
      damaged: (file, n) => `Rien n’a été importé : la conversation ${n} de ${file} est endommagée.`,
    },
    delete: "Supprimer",
    keep: "Garder",
    deleteHeading: (title) => `Supprimer « ${title} » ?`,
    deleteText: "Ses messages et ses images sont supprimés de ce navigateur.",
    you: "Vous",
    answer: "Réponse",
    failed: "Le navigateur n’enregistre rien pour ce site en ce moment : les conversations disparaissent avec la page.",
    cleared: (count) =>
      format.plural(count, {
        one: "Le navigateur a supprimé les données de ce site : une conversation est perdue.",
        other: `Le navigateur a supprimé les données de ce site : ${count} conversations sont perdues.`,
      }),
    understood: "Fermer",
  },

  loading: {
    phases: {
      preflight: "Examen de ce que cette machine peut en faire",
      device: "Démarrage du GPU",
      header: "Lecture du fichier",
      memory: "Mesure de la mémoire du GPU",
      download: "Téléchargement",
      verify: "Vérification des fichiers téléchargés",
      load: "Chargement sur le GPU",
    },
    copying: "Copie dans le navigateur",
    paused: "En pause. Ce qui est arrivé est conservé.",
    network: "En attente du réseau…",
    cancel: "Annuler",
    pause: "Suspendre",
    resume: "Reprendre",
    nextAttempt: (seconds) =>
      seconds > 0 ? `prochain essai dans ${format.duration(seconds)}` : "prochain essai maintenant",
    progress: (done, total) => `${format.bytes(done)} sur ${format.bytes(total)}`,
    speed: (bytesPerSecond) => `${format.bytes(bytesPerSecond)}/s`,
    left: (seconds) => `encore ${format.duration(seconds)}`,
    start: (bytes) =>
      `C’est ce qu’il faut au premier mot ; ${format.bytes(bytes)} en tout suivent pendant la conversation.`,
  },

  welcome: {
    nano:
      "Vous parlez à Outrider Nano, un modèle minuscule fourni avec cette page. Il ne parle qu’anglais : il connaît " +
      "Outrider, additionne de petits nombres, raconte de courtes histoires et regarde des dessins simples.",
    get: (name) => `Obtenir ${name}`,
    continue: (name, percent) => `${name}, ${percent} % : continuer ?`,
    continueNote: (bytes) => `Son téléchargement n’est pas complet : il manque ${format.bytes(bytes)}.`,
    getNote: "D’abord, un examen de ce que cette machine peut en faire. Rien n’est téléchargé sans votre accord.",
  },

  background: {
    ready: (name) => `${name} est prêt.`,
    start: "Le lancer",
    later: "Plus tard",
    notify: "Me prévenir quand il sera prêt",
    notified: "Vous serez prévenu quand il sera prêt.",
  },

  preflight: {
    verdict: {
      runs: "Il fonctionne sur cette machine.",
      runs_slowly: "Il fonctionne sur cette machine, mais lentement.",
      does_not_fit: "Il est trop grand pour cette machine.",
    },
    speed: (tokensPerSecond) => {
      const { words, unit } = paceOf(tokensPerSecond);
      const units = { second: "seconde", minute: "minute", hour: "heure" };
      return `Ses réponses arrivent à environ ${words === 1 ? "un mot" : `${words} mots`} par ${units[unit]}.`;
    },
    toDownload: (bytes) => `${format.bytes(bytes)} à télécharger`,
    takes: (seconds) => `environ ${format.duration(seconds)}`,
    start: (bytes) => `La conversation peut commencer après ${format.bytes(bytes)} ; le reste suit pendant ce temps`,
    toCopy: (bytes) => `${format.bytes(bytes)} à copier dans le navigateur`,
    onDisk: (bytes) => `${format.bytes(bytes)} sur le disque en tout`,
    free: (bytes) => `${format.bytes(bytes)} libres`,
    limits: {
      buffer: (needed, available) =>
        `Le GPU doit contenir ${format.bytes(needed)} d’un seul tenant ; celui-ci permet ${format.bytes(available)}. ` +
        "Choisissez un fichier plus petit du modèle.",
      gpu_memory: (needed, available) =>
        `Il faut au moins ${format.bytes(needed)} de mémoire du GPU ; ${format.bytes(available)} sont utilisables. ` +
        "Fermez d’autres onglets, ou choisissez un modèle plus petit.",
      storage: (needed, available) =>
        `${format.bytes(needed)} sont encore à stocker ; le navigateur a ${format.bytes(available)} libres. ` +
        "Libérez de l’espace sur le disque, ou supprimez un autre modèle.",
    },
    details: "Détails",
    pauseHint: "Vous pouvez arrêter le téléchargement et le reprendre une autre fois.",
    slow: "Pourquoi c’est lent :",
    tryAnyway: "Essayer quand même",
    downloadAnyway: "Télécharger quand même",
    copy: "Copier dans le navigateur",
    download: "Télécharger",
    inBackground: (name) => `Télécharger et continuer avec ${name}`,
    decline: "Choisir un autre modèle",
    back: (name) => `Revenir à ${name}`,
  },

  paging: {
    experts: (placed, total) => `${placed} experts sur ${total} sont sur le GPU`,
    downloaded: (done, total) => `${format.bytes(done)} sur ${format.bytes(total)} téléchargés jusqu’ici`,
    waiting: (why) => `en attente : ${why}`,
  },

  errors: {
    label: "Erreur :",
    retry: "Réessayer",
    keep: "Garder ce qui est enregistré",
    startOver: "Supprimer et recommencer",
    enterAddress: "Saisir l’adresse",
    allow: "Autoriser",
    freeSpace: "Libérer de l’espace…",
  },

  storage: {
    stored: (bytes) => `Modèles enregistrés : ${format.bytes(bytes)}`,
    free: (bytes) => `${format.bytes(bytes)} libres`,
    freeSpace: "Libérer de l’espace…",
    check: "Vérifier",
    export: "Exporter",
    delete: "Supprimer",
    stop: "Arrêter",
    withVision: (size) => `${size} avec son fichier de vision`,
    onDisk: (size) => `${size}, sur votre disque`,
    incomplete: "incomplet",
    used: (ago) => `utilisé ${ago}`,
    question: (name) => `Supprimer ${name} ?`,
    staysOnDisk: "Le fichier reste sur votre disque ; seule la page l’oublie.",
    frees: (bytes) =>
      `Cela libère ${format.bytes(bytes)}. Pour réutiliser le modèle, il faudra le télécharger ou le copier à nouveau.`,
    keep: "Garder",
    checking: (percent) => `Vérification… ${percent} %`,
    speed: "Vitesse de téléchargement",
    noLimit: "sans limite",
    limit: (bytesPerSecond) => `au plus ${bytesPerSecond / 1e6} Mo/s`,
    unchanged: "Vérifié : chaque octet est tel qu’il a été enregistré.",
    changed: (parts) =>
      format.plural(parts, {
        one: "1 partie a changé. Le prochain chargement la télécharge à nouveau.",
        other: `${parts} parties ont changé. Le prochain chargement les télécharge à nouveau.`,
      }),
    exporting: (percent) => `Exportation… ${percent} %`,
    exported: "Exporté.",
    stopped: "Arrêté.",
  },
};
