import java.io.File;
import org.teavm.tooling.EmptyTeaVMToolLog;
import org.teavm.tooling.TeaVMTargetType;
import org.teavm.tooling.TeaVMTool;

/** Compiles the class Main with TeaVM: Build TARGET FOLDER. */
public class Build {
    public static void main(String[] words) throws Exception {
        TeaVMTool tool = new TeaVMTool();
        tool.setTargetType(TeaVMTargetType.valueOf(words[0]));
        tool.setMainClass("Main");
        tool.setTargetDirectory(new File(words[1]));
        tool.setTargetFileName("main.wasm");
        tool.setClassLoader(Build.class.getClassLoader());
        tool.setLog(new EmptyTeaVMToolLog());
        tool.generate();
        for (var problem : tool.getProblemProvider().getProblems())
            throw new IllegalStateException(problem.getText());
    }
}
