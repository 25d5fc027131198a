from tortoise import fields, migrations
from tortoise.indexes import Index, PartialIndex
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0003_parents")]

    initial = False

    operations = [
        ops.CreateModel(
            name="ChangeNotice",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("notice", fields.TextField(unique=False)),
            ],
            options={"table": "change_notice", "app": "models", "pk_attr": "id"},
            bases=["Strict"],
        ),
        ops.CreateModel(
            name="ListAnswer",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("question", fields.CharField(unique=True, max_length=64)),
                ("same", fields.BooleanField()),
                ("at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={"table": "list_answer", "app": "models", "pk_attr": "id"},
            bases=["Strict"],
        ),
        ops.AddIndex(
            model_name="Activity",
            index=Index(fields=["due_on"]),
        ),
        ops.AddIndex(
            model_name="Invitation",
            index=PartialIndex(fields=["activity_id", "debtor_id"], condition={"status": "open"}),
        ),
    ]
