using Microsoft.CodeAnalysis.CSharp;

namespace Channels.Generators;

/// <summary>Writes the generated part of a consumer.</summary>
internal sealed class DispatchWriter : PartWriter
{
    public static string Write(ConsumerModel model)
    {
        var writer = new DispatchWriter();
        var disabled = model.Handlers.Any(handler => handler.Answers != AnswerKind.No)
            ? "CS0612, CS0618, CS1998 // a handler may be obsolete, and an answer may be there at once"
            : "CS0612, CS0618 // a handler may be obsolete";
        return writer.WritePart(model.Place, disabled, "", () => writer.WriteMethod(model.Handlers));
    }

    private void WriteMethod(EquatableArray<HandlerModel> handlers)
    {
        InheritDoc();
        Line("protected override global::System.Threading.Tasks.ValueTask DispatchAsync(global::Channels.Event message)");
        Open();
        if (handlers.Any(h => h.Payload != PayloadKind.Event))
        {
            WriteLayerMessages(handlers);
        }

        if (handlers.Any(h => h.Payload == PayloadKind.Event))
        {
            WriteEvents(handlers);
        }

        Line("return base.DispatchAsync(message);");
        Close();
    }

    private void WriteLayerMessages(EquatableArray<HandlerModel> handlers)
    {
        Line("if (message is global::Channels.ChannelMessage layerMessage)");
        Open();
        Line("switch (layerMessage.Type)");
        Open();
        foreach (var handler in handlers.Where(h => h.Payload != PayloadKind.Event))
        {
            Line($"case {SymbolDisplay.FormatLiteral(handler.MessageType, quote: true)}:");
            Open();
            if (handler.Payload == PayloadKind.Typed)
            {
                Line($"if (!layerMessage.TryRead<{handler.PayloadType}>(out var body, out var error))");
                Open();
                Line("return this.DropMessageAsync(layerMessage, global::Channels.ConsumerDropReason.NotBindable, error);");
                Close();
                Line("");
            }

            WriteCall(handler, handler.Payload switch
            {
                PayloadKind.Message => handler.Answers == AnswerKind.No ? "layerMessage" : "request",
                PayloadKind.Map => handler.Answers == AnswerKind.No ? "layerMessage.Fields" : "request.Fields",
                PayloadKind.Typed => "body",
                _ => "",
            });
            Close();
        }

        Close();
        Close();
        Line("");
    }

    private void WriteEvents(EquatableArray<HandlerModel> handlers)
    {
        Line("switch (message)");
        Open();
        foreach (var handler in handlers.Where(h => h.Payload == PayloadKind.Event))
        {
            Line($"case {handler.PayloadType} body:");
            Open();
            WriteCall(handler, "body");
            Close();
        }

        Close();
        Line("");
    }

    private void WriteCall(HandlerModel handler, string payload)
    {
        var token = handler.TakesToken ? "this.Aborted" : "";
        var call = $"this.{handler.Method}({payload}{(payload.Length > 0 && handler.TakesToken ? ", " : "")}{token})";
        if (handler.Answers != AnswerKind.No)
        {
            WriteAnswer(handler, payload);
            return;
        }

        switch (handler.Returns)
        {
            case ReturnKind.Void:
                Line($"{call};");
                Line("return default;");
                break;
            case ReturnKind.Task:
                Line($"return new global::System.Threading.Tasks.ValueTask({call});");
                break;
            default:
                Line($"return {call};");
                break;
        }
    }

    private void WriteAnswer(HandlerModel handler, string payload)
    {
        var token = handler.TakesToken ? "token" : "";
        var call = $"this.{handler.Method}({payload}{(payload.Length > 0 && handler.TakesToken ? ", " : "")}{token})";
        var awaited = handler.Returns is ReturnKind.Task or ReturnKind.ValueTask ? $"await {call}" : call;
        Line("return this.AnswerAsync(layerMessage, async (request, token) =>");
        Open();
        if (handler.Answers == AnswerKind.Empty)
        {
            Line($"{awaited};");
            Line("return null;");
        }
        else
        {
            Line($"var answer = {awaited};");
            Line(handler.Answers switch
            {
                AnswerKind.Message => "return answer;",
                AnswerKind.Map => "return answer is null ? null : new global::Channels.ChannelMessage(\"answer\", answer);",
                _ => "return answer is null ? null : global::Channels.ChannelMessage.Of(answer);",
            });
        }

        Close("});");
    }
}
