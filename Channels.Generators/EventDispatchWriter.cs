using Microsoft.CodeAnalysis.CSharp;

namespace Channels.Generators;

/// <summary>Writes the generated part of a consumer of Socket.IO.</summary>
internal sealed class EventDispatchWriter : PartWriter
{
    private const string ValueTask = "global::System.Threading.Tasks.ValueTask";

    public static string Write(EventHandlersModel model)
    {
        var writer = new EventDispatchWriter();
        return writer.WritePart(model.Place, "CS0612, CS0618 // a handler may be obsolete", "", () => writer.WriteMethod(model.Handlers));
    }

    private void WriteMethod(EquatableArray<EventHandlerModel> handlers)
    {
        InheritDoc();
        Line($"protected override {ValueTask} DispatchEventAsync(global::Channels.SocketIO.SocketIOEvent message)");
        Open();
        Line("switch (message.Name)");
        Open();
        foreach (var handler in handlers)
        {
            Line($"case {SymbolDisplay.FormatLiteral(handler.Event, quote: true)}:");
            Open();
            WriteHandler(handler);
            Close();
        }

        Close();
        Line("");
        Line("return base.DispatchEventAsync(message);");
        Close();
    }

    private void WriteHandler(EventHandlerModel handler)
    {
        var given = new List<string>();
        for (var i = 0; i < handler.Parameters.Count; i++)
        {
            var parameter = handler.Parameters[i];
            given.Add(parameter.Kind switch
            {
                EventParameterKind.Arguments => "message.Arguments",
                EventParameterKind.Acknowledgement => "this.AcknowledgementOf(message)",
                EventParameterKind.Token => "this.Aborted",
                _ => WriteArgument(parameter, i, handler.Method),
            });
        }

        WriteCall(handler, $"this.{handler.Method}({string.Join(", ", given)})");
    }

    private string WriteArgument(EventParameter parameter, int index, string method)
    {
        var name = $"argument{index}";
        var refused = parameter.RefusesNull ? $" || {name} is null" : "";
        var read = $"!message.Arguments.TryGet<{parameter.Type}>({index}, out {name}){refused}";
        Line($"{parameter.Type}{(parameter.RefusesNull ? "?" : "")} {name}{(parameter.Default is { } missing ? $" = {missing}" : "")};");
        Line(parameter.Default is null ? $"if ({read})" : $"if (message.Arguments.Count > {index} && ({read}))");
        Open();
        Line($"return this.PassOver(message, \"{method.TrimStart('@')}\");");
        Close();
        Line("");
        return name;
    }

    private void WriteCall(EventHandlerModel handler, string call)
    {
        switch (handler.Returns)
        {
            case EventReturn.Void:
                Line($"{call};");
                Line(handler.Acknowledges ? "return default;" : "return this.CompleteAsync(message, default);");
                break;
            case EventReturn.Result:
                Line($"return this.CompleteAsync(message, global::System.Threading.Tasks.ValueTask.FromResult({call}));");
                break;
            default:
                var task = handler.Returns is EventReturn.Task ? $"new {ValueTask}({call})" : call;
                Line(handler.Acknowledges ? $"return {task};" : $"return this.CompleteAsync(message, {task});");
                break;
        }
    }
}
