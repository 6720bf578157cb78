"""A paragraph in each of many languages, and the encodings in which such texts are found."""

from __future__ import annotations

PARAGRAPHS = {
    "English": (
        "The harbour café closed at six, and the owner – a quiet man with a naïve faith "
        "in the weather – carried the last chairs inside. “It will rain by seven,” he "
        "said, and charged us £4 for two cups. We didn’t argue. The tide was already "
        "over the second step, and the ferry’s bell rang twice across the bay. Someone "
        "had left a blue umbrella under the table; nobody came back for it."
    ),
    "French": (
        "Le vieux pêcheur répétait à qui voulait l’entendre que la mer n’oublie rien. "
        "Chaque été, dès l’aube, il réparait ses filets près du phare, où les mouettes "
        "s’étaient habituées à sa présence. « Un jour, disait-il, vous comprendrez pourquoi "
        "j’attends. » Les enfants riaient, mais ils revenaient toujours l’écouter, fascinés "
        "par ses histoires d’îles lointaines et de naufragés sauvés in extremis. Son "
        "cœur était simple."
    ),
    "German": (
        "Im Frühling öffnete die Bäckerei am Fluss wieder ihre Türen. Der alte Müller "
        "brachte Mehl in großen Säcken, und seine Tochter zählte die Münzen, während "
        "draußen die Straßenbahn über die Brücke fuhr. „Schöne Grüße an die Mutter“, "
        "rief er jedes Mal. Später, wenn es dämmerte, hörte man Gelächter aus der Küche, "
        "und der Geruch von heißem Brot zog bis hinauf zu den Dächern."
    ),
    "Spanish": (
        "La señora Ibáñez abrió la ventana y miró hacia la montaña. ¿Quién había encendido "
        "aquella luz? Según decían los vecinos, nadie vivía allí desde hacía años; sin "
        "embargo, cada mañana aparecía un pequeño camino de huellas en la nieve. «Será "
        "el viento», pensó, aunque también ella soñaba con volver. El niño dejó el lápiz, "
        "corrió al jardín y gritó: ¡ya viene el tren!"
    ),
    "Polish": (
        "Wczesnym rankiem łódź wypłynęła z przystani, choć mgła gęsto leżała nad wodą. "
        "Stary przewoźnik znał każdy zakręt rzeki i nie śpieszył się wcale. „Zdążymy "
        "przed południem”, powiedział, poprawiając czapkę. Dziewczynka trzymała na kolanach "
        "koszyk jabłek i liczyła żurawie, które przelatywały nisko nad trzcinami. Później "
        "opowiadała, że jeden z nich miał na szyi złotą wstążkę."
    ),
    "Czech": (
        "Když se nad řekou rozednilo, převozník už dávno seděl ve své loďce a čekal na "
        "první cestující. Přišla jen stará paní s košíkem hub a malý chlapec, který se "
        "bál vody. „Neboj se,“ řekl mu převozník, „řeka si tě bude pamatovat.“ Za vsí "
        "zvonily zvony, z komínů stoupal kouř a na louce se pásly kravičky. Příští týden "
        "měl začít jarmark, těšili se úplně všichni."
    ),
    "Hungarian": (
        "A folyó partján álló öreg malomban már évek óta senki sem őrölt gabonát. A gyerekek "
        "mégis minden délután odajártak, mert azt beszélték, hogy a pincében egy különös "
        "óra rejtőzik, amely visszafelé jár. Egyszer Zsófi elhatározta, hogy utánanéz "
        "a dolognak. Fölvette a legvastagabb kabátját, gyertyát vett magához, és lement "
        "a nyikorgó lépcsőn. Lent hűvös volt, és valahol víz csöpögött."
    ),
    "Russian": (
        "Рано утром над рекой поднялся туман, и старый паромщик не сразу увидел человека "
        "на том берегу. Тот стоял неподвижно, с чемоданом в руке, и как будто ждал кого-то "
        "другого. «Поедете?» — крикнул паромщик. Никто не ответил. Только колокол за "
        "лесом ударил семь раз, и вода тихо качнула лодку. Потом он часто вспоминал это "
        "утро и рассказывал внукам, что чемодан был совершенно пустой."
    ),
    "Ukrainian": (
        "Уранці над річкою піднявся туман, і старий поромник не одразу побачив чоловіка "
        "на тому березі. Той стояв нерухомо, з валізою в руці, й ніби чекав на когось "
        "іншого. «Поїдете?» – гукнув поромник. Ніхто не відповів. Лише дзвін за лісом "
        "ударив сім разів, і вода тихо гойднула човен. Потім він часто згадував цей ранок "
        "і розповідав онукам, що валіза була зовсім порожня."
    ),
    "Simplified Chinese": (
        "清晨的河面上起了雾，老船夫没有马上看见对岸的人。那人一动不动地站着，手里提着一只箱子，好像在等别人。"
        "“要过河吗？”老船夫喊道。没有人回答。只有树林后面的钟敲了七下，水轻轻地摇着小船。后来他常常想起那个早晨，"
        "还告诉孙子们，那只箱子其实是空的。村里的人都说，这条河记得每一个走过的人，也记得每一句没有说出口的话。"
    ),
    "Traditional Chinese": (
        "清晨的河面上起了霧，老船夫沒有馬上看見對岸的人。那人一動也不動地站著，手裡提著一只箱子，好像在等別人。"
        "「要過河嗎？」老船夫喊道。沒有人回答。只有樹林後面的鐘敲了七下，水輕輕地搖著小船。後來他常常想起那個早晨，"
        "還告訴孫子們，那只箱子其實是空的。村裡的人都說，這條河記得每一個走過的人，也記得每一句沒有說出口的話。"
    ),
    "Japanese": (
        "朝早く、川の上に霧が立ちこめていて、年老いた渡し守は向こう岸の人にすぐには気づかなかった。その人は鞄を手にしたまま、"
        "じっと立っていた。まるで誰か別の人を待っているようだった。「渡りますか」と渡し守は声をかけた。返事はなかった。"
        "ただ森の向こうで鐘が七つ鳴り、水が静かに舟を揺らした。カバンの中は空だったのだと、彼はあとで孫たちに話した。"
    ),
    "Korean": (
        "이른 아침 강 위로 안개가 피어올라 늙은 뱃사공은 건너편에 서 있는 사람을 바로 보지 "
        "못했다. 그 사람은 가방을 손에 든 채 꼼짝하지 않고 서 있었고, 마치 다른 누군가를 "
        '기다리는 것 같았다. "건너시겠습니까?" 뱃사공이 외쳤다. 아무도 대답하지 않았다. 숲 '
        "너머에서 종이 일곱 번 울렸을 뿐이었고, 물은 조용히 배를 흔들었다."
    ),
    "Greek": (
        "Νωρίς το πρωί η ομίχλη σηκώθηκε πάνω από το ποτάμι και ο γέρος βαρκάρης δεν "
        "είδε αμέσως τον άνθρωπο στην απέναντι όχθη. Εκείνος στεκόταν ακίνητος, με μια "
        "βαλίτσα στο χέρι, σαν να περίμενε κάποιον άλλον. «Θα περάσετε;» φώναξε ο βαρκάρης. "
        "Κανείς δεν απάντησε. Μόνο η καμπάνα πίσω από το δάσος χτύπησε επτά φορές και "
        "το νερό κούνησε απαλά τη βάρκα."
    ),
    "Turkish": (
        "Sabahın erken saatlerinde ırmağın üzerine sis çöktü ve yaşlı kayıkçı karşı kıyıdaki "
        "adamı hemen göremedi. Adam elinde bir bavulla kıpırdamadan duruyor, sanki başka "
        "birini bekliyordu. “Geçecek misiniz?” diye seslendi kayıkçı. Kimse cevap vermedi. "
        "Yalnızca ormanın ardındaki çan yedi kez çaldı ve su kayığı usulca salladı. Sonraları "
        "o sabahı sık sık hatırladı, torunlarına bavulun bomboş olduğunu anlattı."
    ),
    "Hebrew": (
        "מוקדם בבוקר עלה ערפל מעל הנהר, והמעבוראי הזקן לא ראה מיד את האיש שעמד בגדה השנייה. "
        'האיש עמד בלי לזוז, מזוודה בידו, כאילו חיכה למישהו אחר. "רוצה לעבור?" קרא המעבוראי. '
        "איש לא ענה. רק הפעמון שמאחורי היער צלצל שבע פעמים, והמים נענעו בשקט את הסירה. "
        "אחר כך נזכר לעתים קרובות בבוקר ההוא."
    ),
    "Arabic": (
        "في الصباح الباكر ارتفع الضباب فوق النهر، ولم ير صاحب القارب العجوز الرجل الواقف "
        "على الضفة الأخرى على الفور. كان الرجل واقفا بلا حراك وفي يده حقيبة، كأنه ينتظر "
        "شخصا آخر. صاح صاحب القارب: هل تريد أن تعبر؟ لم يجب أحد. لم يسمع إلا الجرس خلف "
        "الغابة وهو يدق سبع مرات، وهز الماء القارب بهدوء."
    ),
    "Danish": (
        "Den gamle færgemand kendte hver en krumning på åen og skyndte sig aldrig. Børnene "
        "løb ned til broen, når de hørte hans klokke, og råbte efter ham, at han skulle "
        "tage dem med over til øen. Om vinteren frøs vandet til is, og så blev der ganske "
        "stille. Kun ræven gik sin vej over sneen."
    ),
    "Portuguese": (
        "O velho barqueiro não respondeu à pergunta. A manhã estava fria, e as crianças "
        "já corriam pela praça em direção à estação. Três anos depois, ninguém se lembrava "
        "do que tinha acontecido naquele verão, mas a canção continuava a ser cantada "
        "nas festas. É assim que começam as histórias da nossa região, às vezes."
    ),
    "Romanian": (
        "Bătrânul barcagiu ştia fiecare cotitură a râului şi nu se grăbea niciodată. "
        "Când copiii îl strigau de pe mal, îşi ridica pălăria şi râdea. Într-o dimineaţă "
        "însă nu a mai venit nimeni, iar barca a rămas legată de ţărm până toamna târziu."
    ),
    "Croatian": (
        "Stari skelar poznavao je svaki zavoj rijeke i nikad se nije žurio. Kad bi ga "
        "djeca zvala s druge obale, podigao bi šešir i nasmijao se. Jednoga jutra nitko "
        "više nije došao, a čamac je ostao vezan uz obalu do kasne jeseni. Još i danas "
        "pričaju o njemu svake večeri."
    ),
    "Bulgarian": (
        "Старият лодкар познаваше всеки завой на реката и никога не бързаше. Когато децата "
        "го викаха от другия бряг, той вдигаше шапката си и се смееше. Една сутрин обаче "
        "никой не дойде, а лодката остана завързана до късна есен."
    ),
    "Python with Chinese comments": (
        "# 读取配置文件\n"
        "def load(path):\n"
        '    """返回一个字典"""\n'
        "    with open(path) as f:  # 默认编码\n"
        "        return json.load(f)\n"
        "\n"
        "# 如果没有找到，就返回空值\n"
        "value = load('a.json') or None\n"
        "print('完成', value)\n"
    ),
    "Traditional Chinese lyrics": (
        "風吹過舊街口\n"
        "你說要分開\n"
        "我數著路燈等到天明\n"
        "不分開的是影子\n"
        "\n"
        "雨落在窗台\n"
        "像誰在敲打節拍\n"
        "我把名字寫在水面\n"
        "慢慢散開\n"
        "\n"
        "如果明天還會來\n"
        "請你把歌唱完\n"
        "讓我們在海邊坐到很晚\n"
    ),
    "Japanese lyrics": (
        "夜の海に舟を出して\n"
        "きみの名前を呼んでみる\n"
        "波はなにも答えないけど\n"
        "星がひとつ流れた\n"
        "\n"
        "さよならは言わないで\n"
        "また明日会えるから\n"
        "ポケットの中の貝殻が\n"
        "小さく歌っている\n"
    ),
    "Korean lyrics": (
        "바람이 불어오는 낡은 골목에서\n"
        "너는 헤어지자고 말했지\n"
        "나는 가로등을 세며 아침을 기다렸어\n"
        "헤어지지 않는 건 그림자뿐\n"
        "\n"
        "비가 창가에 내리면\n"
        "누군가 박자를 두드리는 것 같아\n"
    ),
    "English with one accent": (
        "Dear diary, today the résumé finally went out. I walked home past the mill and "
        "counted the ducks, eleven of them, all asleep. Nothing else happened, which "
        "is how I like my Tuesdays. I walked home past the mill and counted the ducks, "
        "eleven of them, all asleep. Nothing else happened, which is how I like my Tuesdays. "
        "I walked home past the mill and counted the ducks, eleven of them, all asleep. "
        "Nothing else happened, which is how I like my Tuesdays. "
    ),
    "Thai": (
        "เช้าวันหนึ่งมีหมอกลงเหนือแม่น้ำ คนแจวเรือแก่ไม่เห็นชายที่ยืนอยู่ฝั่งตรงข้ามในทันที "
        "ชายคนนั้นยืนนิ่งถือกระเป๋าอยู่ในมือ ราวกับกำลังรอใครสักคน"
    ),
}

# What a typewriter has instead, for encodings without typographic marks.
_PLAIN = str.maketrans({**dict.fromkeys("“”„«»", '"'), "’": "'", "–": "-", "—": "-", "œ": "oe"})

# Language, Python's codec, and the name that a person is shown.
ENCODED = [
    ("English", "cp1252", "Windows-1252"),
    ("English with one accent", "latin-1", "Windows-1252"),
    ("French", "cp1252", "Windows-1252"),
    ("French", "latin-1", "Windows-1252"),
    ("French", "mac_roman", "Mac Roman"),
    ("German", "cp1252", "Windows-1252"),
    ("German", "latin-1", "Windows-1252"),
    ("German", "cp850", "DOS Latin (CP437)"),
    ("Spanish", "latin-1", "Windows-1252"),
    ("Danish", "latin-1", "Windows-1252"),
    ("Portuguese", "latin-1", "Windows-1252"),
    ("Polish", "cp1250", "Windows-1250"),
    ("Polish", "iso8859-2", "ISO-8859-2"),
    ("Czech", "cp1250", "Windows-1250"),
    ("Czech", "iso8859-2", "ISO-8859-2"),
    ("Hungarian", "cp1250", "Windows-1250"),
    ("Romanian", "cp1250", "Windows-1250"),
    ("Croatian", "iso8859-2", "ISO-8859-2"),
    ("Russian", "cp1251", "Windows-1251"),
    ("Russian", "koi8-r", "KOI8-R"),
    ("Russian", "cp866", "DOS Cyrillic (CP866)"),
    ("Russian", "iso8859-5", "ISO-8859-5"),
    ("Ukrainian", "cp1251", "Windows-1251"),
    ("Ukrainian", "koi8-u", "KOI8-U"),
    ("Bulgarian", "cp1251", "Windows-1251"),
    ("Greek", "cp1253", "Windows-1253"),
    ("Turkish", "cp1254", "Windows-1254"),
    ("Hebrew", "cp1255", "Windows-1255"),
    ("Arabic", "cp1256", "Windows-1256"),
    ("Simplified Chinese", "gb18030", "GB18030"),
    ("Simplified Chinese", "gbk", "GB18030"),
    ("Simplified Chinese", "gb2312", "GB18030"),
    ("Traditional Chinese", "gb18030", "GB18030"),
    ("Traditional Chinese", "big5", "Big5"),
    ("Traditional Chinese lyrics", "big5", "Big5"),
    ("Python with Chinese comments", "gbk", "GB18030"),
    ("Japanese", "shift_jis", "Shift JIS"),
    ("Japanese", "euc-jp", "EUC-JP"),
    ("Japanese", "iso2022_jp", "ISO-2022-JP"),
    ("Japanese lyrics", "shift_jis", "Shift JIS"),
    ("Korean", "cp949", "Korean (CP949)"),
    ("Korean", "euc-kr", "Korean (CP949)"),
    ("Korean lyrics", "cp949", "Korean (CP949)"),
    ("Thai", "cp874", "Thai (CP874)"),
]


def paragraph(language: str, codec: str) -> str:
    """The paragraph as it would be written in that encoding."""
    text = PARAGRAPHS[language]
    return text if text.encode(codec, "ignore").decode(codec) == text else text.translate(_PLAIN)
